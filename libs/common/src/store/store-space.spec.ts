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

  describe('when the file outgrows the quota that the manager was told of', () => {
    it('believes the file, and says so once', () => {
      const { space } = aSpace();
      const told: unknown[] = [];
      space.onOutgrown((outgrown) => told.push(outgrown));
      const quotaAt = (sizeBytes: number): number | undefined => {
        space.measured({ sizeBytes, inUseBytes: 100, isFull: false }, 0);
        return space.usage()?.quotaBytes;
      };
      expect([1_000, 1_001, 1_500, 2_002, 2_003].map(quotaAt)).toEqual([1_000, 2_002, 2_002, 2_002, 4_006]);
      expect(told).toEqual([{ sizeBytes: 1_001, quotaBytes: 1_000 }]);
    });

    it.each([
      { name: 'believes the quota while the alarm is raised', sizes: [FULL, { ...FULL, sizeBytes: 1_100 }], quotaBytes: 1_000 },
      {
        name: 'believes the alarm that comes later',
        sizes: [
          { ...EMPTY, sizeBytes: 1_100 },
          { ...FULL, sizeBytes: 1_200 },
        ],
        quotaBytes: 1_200,
      },
      {
        name: 'believes an alarm that came sooner, but for one large request',
        sizes: [EMPTY, { ...FULL, sizeBytes: 500 }, { ...EMPTY, sizeBytes: 550 }],
        quotaBytes: 500,
      },
      {
        name: 'believes the file in the end: etcd was started anew with more',
        sizes: [EMPTY, { ...FULL, sizeBytes: 500 }, { ...EMPTY, sizeBytes: 560 }],
        quotaBytes: 1_120,
      },
    ])('$name', ({ sizes, quotaBytes }) => {
      const { space } = aSpace();
      for (const size of sizes) space.measured(size, 0);
      expect(space.usage()?.quotaBytes).toBe(quotaBytes);
    });
  });
});
