import fc from 'fast-check';
import type { SpaceUsage } from '#common/store';
import { roomRefusal, taskBytesOf, type RoomDemand } from './store-room';

const MIB = 1024 * 1024;
const RUNS = { numRuns: Number(process.env.SECURITY_RUNS ?? 500) };

const someUsage = fc
  .record({
    quotaBytes: fc.integer({ min: 4 * MIB, max: 8192 * MIB }),
    size: fc.double({ min: 0, max: 1.3, noNaN: true }),
    inUse: fc.double({ min: 0, max: 1, noNaN: true }),
    promisedBytes: fc.nat(100 * MIB),
    isFull: fc.boolean(),
  })
  .map(({ quotaBytes, size, inUse, ...rest }): SpaceUsage => {
    const sizeBytes = Math.floor(size * quotaBytes);
    return { ...rest, quotaBytes, sizeBytes, inUseBytes: Math.floor(inUse * sizeBytes) };
  });
const someDemand: fc.Arbitrary<RoomDemand> = fc.record({
  what: fc.constant('service web'),
  bytes: fc.nat(2 * MIB),
  tasks: fc.nat(100_000),
  specBytes: fc.nat(448 * 1024),
});

describe('promise 15: what would fill the store is refused', () => {
  it('whatever is let through leaves a fifth of the quota, beside what others were promised', () => {
    fc.assert(
      fc.property(someUsage, someDemand, (usage, demand) => {
        if (roomRefusal(usage, demand) !== undefined) return;
        const after = usage.inUseBytes + usage.promisedBytes + demand.bytes + (demand.tasks ?? 0) * (demand.specBytes ?? 0);
        expect(after).toBeLessThanOrEqual(0.8 * usage.quotaBytes);
        expect(usage.isFull).toBe(false);
      }),
      RUNS,
    );
  });

  it('what is refused is still refused with more tasks, a larger spec or less space', () => {
    fc.assert(
      fc.property(someUsage, someDemand, fc.nat(MIB), (usage, demand, more) => {
        if (roomRefusal(usage, demand) === undefined) return;
        const { tasks = 0, specBytes = 0, bytes } = demand;
        for (const larger of [{ tasks: tasks + more }, { specBytes: specBytes + more }, { bytes: bytes + more }]) {
          expect(roomRefusal(usage, { ...demand, ...larger })).toBeDefined();
        }
        expect(roomRefusal({ ...usage, promisedBytes: usage.promisedBytes + more }, demand)).toBeDefined();
      }),
      RUNS,
    );
  });

  it('what fits into an empty store is let through', () => {
    fc.assert(
      fc.property(someDemand, (demand) => {
        const quotaBytes = 2 * (demand.bytes + taskBytesOf(demand)) + MIB;
        expect(roomRefusal({ quotaBytes, sizeBytes: 0, inUseBytes: 0, promisedBytes: 0, isFull: false }, demand)).toBeUndefined();
      }),
      RUNS,
    );
  });

  const usage: SpaceUsage = { quotaBytes: 16 * MIB, sizeBytes: 9 * MIB, inUseBytes: 8 * MIB, promisedBytes: 0, isFull: false };
  it.each<[string, SpaceUsage, RegExp]>([
    [
      'the numbers',
      usage,
      /service web .* needs 38\.\d MiB \(500 bytes, and 100 tasks × \(400000 bytes of spec .*4\.8 MiB are free: 8\.0 MiB are in use.*20% of the quota of 16\.0 MiB/,
    ],
    ['what others were promised', { ...usage, promisedBytes: MIB }, /3\.8 MiB are free.* 1\.0 MiB are promised/],
    [
      'what to do while it is full',
      { ...usage, isFull: true },
      /NOSPACE; 9\.0 MiB of 16\.0 MiB, 8\.0 MiB in use.*remove services/,
    ],
  ])('tells %s', (_, known, text) => {
    expect(roomRefusal(known, { what: 'service web', bytes: 500, tasks: 100, specBytes: 400_000 })).toMatch(text);
  });

  it('says so when only the file is too large', () => {
    const text = roomRefusal({ ...usage, sizeBytes: 15.5 * MIB }, { what: 'secret a', bytes: 1 });
    expect(text).toMatch(/secret a cannot be stored until etcd is defragmented/);
  });

  it('lets everything through before anything was measured', () => {
    expect(roomRefusal(undefined, { what: 'service web', bytes: 1, tasks: 100_000, specBytes: MIB })).toBeUndefined();
  });
});
