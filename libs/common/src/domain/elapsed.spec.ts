import fc from 'fast-check';
import { elapsedMs } from './elapsed';

const SET_AT = 5_000_000;

describe('time that has gone by for certain', () => {
  it.each([
    { name: 'is the difference while the clock was never set', at: 400, moment: { now: 1_000 }, ms: 600 },
    {
      name: 'is the difference after the clock was set',
      at: SET_AT + 1,
      moment: { now: SET_AT + 9, steadySince: SET_AT },
      ms: 8,
    },
    { name: 'is what was seen of it when stored before that', at: 1, moment: { now: SET_AT + 9, steadySince: SET_AT }, ms: 9 },
    { name: 'is what was seen of it when set back', at: SET_AT * 2, moment: { now: SET_AT + 9, steadySince: SET_AT }, ms: 9 },
    { name: 'is without limit for a time to come on a clock that was never set', at: 2, moment: { now: 1 }, ms: Infinity },
  ])('$name', ({ at, moment, ms }) => expect(elapsedMs(at, moment)).toBe(ms));

  it('is neither negative nor more than went by since the clock was set, and grows with it', () =>
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.nat(), (at, sinceSet, more) => {
        const then = elapsedMs(at, { now: SET_AT + sinceSet, steadySince: SET_AT });
        const later = elapsedMs(at, { now: SET_AT + sinceSet + more, steadySince: SET_AT });
        expect(then).toBeGreaterThanOrEqual(0);
        expect(then).toBeLessThanOrEqual(sinceSet);
        // A time that was to come may be reached, and counts from there.
        if (at <= SET_AT || at > SET_AT + sinceSet + more) expect(later - then).toBe(more);
      }),
    ));
});
