import fc from 'fast-check';
import { FairShares } from './fair-shares';

const LIMITS = { own: 2, shared: 10, most: 6 };
const takeAll = (shares: FairShares, asker: string): number => {
  let places = 0;
  while (shares.take(asker)) places++;
  return places;
};

describe('shares of a limited good', () => {
  it('one asker gets its most, and not more', () => {
    expect(takeAll(new FairShares(LIMITS), 'a')).toBe(6);
  });

  it.each([1, 3, 100])('a newcomer has its own places beside %i who take all they can', (count) => {
    const shares = new FairShares(LIMITS);
    for (let asker = 0; asker < count; asker++) takeAll(shares, `greedy-${asker}`);
    expect(takeAll(shares, 'newcomer')).toBeGreaterThanOrEqual(2);
  });

  it('a place that is given back can be taken again, and one that nobody held changes nothing', () => {
    const shares = new FairShares({ own: 1, shared: 0, most: 1 });
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
    shares.giveBack('a');
    shares.giveBack('a');
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
  });

  it('keeps to its limits whoever takes and gives back', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 300 }), (history) => {
        const shares = new FairShares(LIMITS);
        const held = new Map<number, number>();
        for (const [asker, isGivenBack] of history) {
          const places = held.get(asker) ?? 0;
          if (isGivenBack) {
            shares.giveBack(String(asker));
            held.set(asker, Math.max(0, places - 1));
          } else {
            const isTaken = shares.take(String(asker));
            if (places < LIMITS.own) expect(isTaken).toBe(true);
            if (isTaken) held.set(asker, places + 1);
          }
          const counts = [...held.values()];
          expect(Math.max(0, ...counts)).toBeLessThanOrEqual(LIMITS.most);
          const shared = counts.reduce((sum, count) => sum + Math.max(0, count - LIMITS.own), 0);
          expect(shared).toBeLessThanOrEqual(LIMITS.shared);
        }
      }),
    ));
});
