import fc from 'fast-check';
import { roomRefusal } from '../../apps/manager/src/api/validate/store-room';
import { decideUpkeep, type UpkeepInputs } from '../../apps/manager/src/upkeep/decide-upkeep';
import type { MemberSpace } from '#common/store';

const RUNS = { numRuns: Number(process.env.SECURITY_RUNS ?? 500) };
const NOW = 10_000_000;
const MIB = 1024 * 1024;

/** In thousandths: fc.double comes close to nothing in most cases. */
const share = (range: { min: number; max: number }): fc.Arbitrary<number> =>
  fc.integer(range).map((thousandths) => thousandths / 1_000);

const someMembers = fc
  .record({
    quotaBytes: fc.integer({ min: 4 * MIB, max: 8192 * MIB }),
    files: fc.array(
      fc.record({
        size: share({ min: 900, max: 1_000 }),
        inUse: share({ min: 500, max: 1_000 }),
        isLeader: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ quotaBytes, files }) => {
    const members = files.map(({ size, inUse, isLeader }, i): MemberSpace => {
      const sizeBytes = Math.floor(size * quotaBytes);
      const inUseBytes = Math.floor(inUse * sizeBytes);
      return { memberId: String(i), isLeader, sizeBytes, inUseBytes, full: [], revision: 50_000 };
    });
    return { quotaBytes, members };
  });

describe('promise 15: who is told to wait does not wait for ever', () => {
  it('whenever creates wait for etcd to be defragmented, it is, as soon as all members answer and are rested', () => {
    let waits = 0;
    fc.assert(
      fc.property(someMembers, fc.nat(600_000), ({ quotaBytes, members }, age) => {
        const [sizeBytes, inUseBytes] = [
          Math.max(...members.map((member) => member.sizeBytes)),
          Math.max(...members.map((member) => member.inUseBytes)),
        ];
        const usage = { quotaBytes, sizeBytes, inUseBytes, promisedBytes: 0, isFull: false };
        const refusal = roomRefusal(usage, { what: 'service web', bytes: 1_000, tasks: 1, specBytes: 1_000 });
        if (!refusal?.includes('until etcd is defragmented')) return;
        waits++;
        const inputs: UpkeepInputs = {
          ...{ members, silent: 0, quotaBytes, nowMs: NOW, defragmentedAtMs: NOW - 60_000 },
          ...{ marks: [{ revision: 40_000, atMs: NOW - age }], lastCompaction: undefined },
        };
        const step = decideUpkeep(inputs);
        const next =
          step?.kind === 'compact' ? decideUpkeep({ ...inputs, lastCompaction: { revision: step.revision, atMs: NOW } }) : step;
        expect(next).toMatchObject({ kind: 'defragment' });
      }),
      RUNS,
    );
    expect(waits).toBeGreaterThan(RUNS.numRuns / 20);
  });
});
