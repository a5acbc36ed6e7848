import { StoreSpace, type SpaceUsage } from './store-space';

const EMPTY = { sizeBytes: 100, inUseBytes: 50, isFull: false };
const FULL = { sizeBytes: 900, inUseBytes: 900, isFull: true };

function aSpace(): { space: StoreSpace; at(ms: number): void } {
  let now = 0;
  return { space: new StoreSpace(1_000, () => now), at: (ms) => (now = ms) };
}

describe("etcd's space as a manager knows it", () => {
  it('is unknown until it was measured', () => {
    expect(aSpace().space.usage()).toBeUndefined();
  });

  it('counts what was let through until a measurement counts it, and tasks for as long as they may take', () => {
    const { space, at } = aSpace();
    space.promise({ bytes: 10, taskBytes: 500 });
    const promisedAt = (begunAt: number): number | undefined => {
      at(begunAt);
      space.measured(EMPTY, begunAt);
      return space.usage()?.promisedBytes;
    };
    expect([0, 400, 600, 14_000, 15_001].map(promisedAt)).toEqual([510, 510, 500, 500, 0]);
  });

  it('tells when etcd becomes full, and when it is not any more, once each', () => {
    const { space } = aSpace();
    const told: boolean[] = [];
    space.onFullChange(({ isFull }: SpaceUsage) => told.push(isFull));
    for (const measurement of [EMPTY, FULL, FULL, EMPTY, EMPTY]) space.measured(measurement, 0);
    expect(told).toEqual([true, false]);
  });

  it('tells of an etcd that was full before this manager came', () => {
    const { space } = aSpace();
    const told: boolean[] = [];
    space.onFullChange(({ isFull }) => told.push(isFull));
    space.measured(FULL, 0);
    expect(told).toEqual([true]);
    expect(space.usage()?.quotaBytes).toBe(1_000);
  });

  it.each([
    { name: 'believes the alarm more than the flag when etcd is full much sooner', sizeBytes: 800, quotaBytes: 800 },
    { name: 'believes the flag when etcd has refused one large request', sizeBytes: 900, quotaBytes: 1_000 },
  ])('$name', ({ sizeBytes, quotaBytes }) => {
    const { space } = aSpace();
    space.measured(EMPTY, 0);
    space.measured({ ...FULL, sizeBytes }, 0);
    expect(space.usage()?.quotaBytes).toBe(quotaBytes);
  });
});
