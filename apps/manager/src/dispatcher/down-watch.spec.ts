import fc from 'fast-check';
import { DownWatch, type RecordedDown } from './down-watch';

const HOUR = 3_600_000;
const down = (since: string | undefined, seenDownMs = 0): RecordedDown => ({ id: 'a', downSince: since, seenDownMs });

describe('how long a node is down', () => {
  it.each(['1970-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '9999-01-01T00:00:00.000Z'])(
    'counts from when it is first seen so, whatever time is stored: %s',
    (since) => {
      const watch = new DownWatch();
      expect(watch.look([down(since)], 5).get('a')).toBe(0);
      expect(watch.look([down(since)], 5 + HOUR).get('a')).toBe(HOUR);
    },
  );

  it('goes on from what earlier leaders have recorded', () => {
    const watch = new DownWatch();
    watch.look([down('x', 7 * HOUR)], 0);
    expect(watch.look([down('x', 7 * HOUR)], HOUR).get('a')).toBe(8 * HOUR);
  });

  it('begins anew when the node was back in between, unseen or not', () => {
    const watch = new DownWatch();
    watch.look([down('x')], 0);
    expect(watch.look([down('y')], HOUR).get('a')).toBe(0);
    expect(watch.look([down(undefined)], 2 * HOUR).has('a')).toBe(false);
    expect(watch.look([down('y')], 3 * HOUR).get('a')).toBe(0);
  });

  it('is recorded every hour', () => {
    const watch = new DownWatch();
    const dueAt = (now: number, recorded: number): string[] => {
      const nodes = [down('x', recorded)];
      return watch.dueToRecord(nodes, watch.look(nodes, now));
    };
    expect([dueAt(0, 0), dueAt(HOUR - 1, 0), dueAt(HOUR, 0), dueAt(HOUR + 1, HOUR), dueAt(2 * HOUR, HOUR)]).toEqual([
      [],
      [],
      ['a'],
      [],
      ['a'],
    ]);
  });

  it('is never more than leaders have watched, and an hour for each less at most', () =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: HOUR }), { minLength: 1 })), (terms) => {
        let recorded = 0;
        let watched = 0;
        for (const looks of terms) {
          const watch = new DownWatch();
          let now = 12_345;
          watch.look([down('x', recorded)], now);
          for (const step of looks) {
            now += step;
            watched += step;
            const nodes = [down('x', recorded)];
            const seen = watch.look(nodes, now);
            expect(seen.get('a')).toBeLessThanOrEqual(watched + 1);
            if (watch.dueToRecord(nodes, seen).length > 0) recorded = Math.floor(seen.get('a') ?? 0);
          }
        }
        expect(recorded).toBeGreaterThanOrEqual(watched - terms.length * (HOUR + 1));
      }),
    ));
});
