import fc from 'fast-check';
import type { MemberSpace } from '#common/store';
import { decideUpkeep, newestMarks, type UpkeepInputs } from './decide-upkeep';

const QUOTA = 1_000_000;
const NOW = 10_000_000;
const MINUTE = 60_000;

function aMember(memberId: string, overrides: Partial<MemberSpace> = {}): MemberSpace {
  return { memberId, isLeader: false, sizeBytes: 100_000, inUseBytes: 90_000, full: [], revision: 50_000, ...overrides };
}

function inputs(overrides: Partial<UpkeepInputs> = {}): UpkeepInputs {
  return {
    members: [aMember('a', { isLeader: true })],
    silent: 0,
    quotaBytes: QUOTA,
    marks: [],
    lastCompaction: { revision: 50_000, atMs: NOW - 10 * MINUTE },
    defragmentedAtMs: undefined,
    nowMs: NOW,
    ...overrides,
  };
}

/** Revisions that were made in the last minutes, a thousand in each. */
const history = Array.from({ length: 600 }, (_, i) => ({ revision: 50_000 + i * 17, atMs: NOW - (599 - i) * 1_000 }));
const FRAGMENTED = { sizeBytes: 900_000, inUseBytes: 500_000 };
const BARELY = { sizeBytes: 900_000, inUseBytes: 499_999 };

describe("the upkeep of etcd's space", () => {
  it.each([
    ['an idle cluster', {}, undefined],
    ['no member that answers', { members: [], marks: history }, undefined],
    ['history of ten minutes', { marks: history }, { kind: 'compact', revision: 55_083 }],
    [
      'history that was compacted a moment ago',
      { marks: history, lastCompaction: { revision: 50_000, atMs: NOW - 59_000 } },
      undefined,
    ],
    [
      'history of ten minutes, and half of the quota in use',
      { marks: history, members: [aMember('a', FRAGMENTED)] },
      { kind: 'compact', revision: 59_996 },
    ],
    ['a file with much that is unused', { members: [aMember('a', BARELY)] }, { kind: 'defragment', memberId: 'a' }],
    ['a file with little that is unused', { members: [aMember('a', { sizeBytes: 900_000, inUseBytes: 660_000 })] }, undefined],
    [
      'a file that creates wait for, with little that is unused',
      { members: [aMember('a', { sizeBytes: 950_000, inUseBytes: 800_000 })] },
      { kind: 'defragment', memberId: 'a' },
    ],
    ['such a file, all in use', { members: [aMember('a', { sizeBytes: 950_000, inUseBytes: 910_000 })] }, undefined],
    ['a small file', { members: [aMember('a', { sizeBytes: 890_000, inUseBytes: 0 })] }, undefined],
    ['a member that is silent', { members: [aMember('a', BARELY)], silent: 1 }, undefined],
    [
      'a member that has just been defragmented',
      { members: [aMember('a', BARELY)], defragmentedAtMs: NOW - MINUTE + 1 },
      undefined,
    ],
    [
      'several such files: the leader last',
      { members: [aMember('leader', { ...BARELY, isLeader: true }), aMember('follower', BARELY)] },
      { kind: 'defragment', memberId: 'follower' },
    ],
  ])('with %s', (_, given, step) => {
    expect(decideUpkeep(inputs(given))).toEqual(step);
  });

  describe('while the alarm is raised', () => {
    const full = { full: ['a'], sizeBytes: 1_100_000 };
    it.each([
      ['compacts first', { marks: history, members: [aMember('a', full)] }, { kind: 'compact', revision: 59_996 }],
      [
        'defragments once there is something to give back',
        { members: [aMember('a', full)] },
        { kind: 'defragment', memberId: 'a' },
      ],
      ['waits while everything is in use', { members: [aMember('a', { ...full, inUseBytes: 950_000 })] }, undefined],
      [
        'disarms when there is space',
        { members: [aMember('a', { full: ['a', 'b'] })] },
        { kind: 'disarm', memberIds: ['a', 'b'] },
      ],
      [
        'waits for a member that may still be defragmenting',
        { silent: 1, defragmentedAtMs: NOW - 4 * MINUTE, members: [aMember('a', full)] },
        undefined,
      ],
      [
        'defragments though a member is silent',
        { silent: 1, members: [aMember('a', full)] },
        { kind: 'defragment', memberId: 'a' },
      ],
    ])('%s', (_, given, step) => {
      expect(decideUpkeep(inputs(given))).toEqual(step);
    });
  });

  it('never takes history from those who watch that is younger than ten seconds, or five minutes while there is space', () => {
    const member = fc.record({
      sizeBytes: fc.nat(2 * QUOTA),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      isFull: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(600_000), { maxLength: 50 }),
        (some, ages) => {
          const marks = ages.sort((a, b) => b - a).map((age, i) => ({ revision: 60_000 + i * 500, atMs: NOW - age }));
          const members = some.map(({ sizeBytes, share, isFull }, i) =>
            aMember(String(i), { sizeBytes, inUseBytes: sizeBytes * share, full: isFull ? [String(i)] : [] }),
          );
          const step = decideUpkeep(inputs({ marks, members }));
          if (step?.kind !== 'compact') return;
          const hasSpace = members.every(({ full, inUseBytes }) => full.length === 0 && inUseBytes < QUOTA / 2);
          const kept = marks.filter(({ atMs }) => NOW - atMs < (hasSpace ? 5 * MINUTE : 10_000));
          for (const { revision } of kept) expect(step.revision).toBeLessThan(revision);
        },
      ),
    );
  });

  it.each([
    { what: 'a small store where space is scarce', quotaMib: 16, inUse: 0.6, full: [], keptMs: 10_600 },
    { what: 'a store of the usual size, half of it in use', quotaMib: 2_048, inUse: 0.5, full: [], keptMs: 74_000 },
    { what: 'a large store', quotaMib: 8_192, inUse: 0.7, full: [], keptMs: 2 * MINUTE },
    { what: 'a small store that is full', quotaMib: 16, inUse: 1, full: ['a'], keptMs: 11_000 },
    { what: 'a store of the usual size that is full', quotaMib: 2_048, inUse: 1, full: ['a'], keptMs: MINUTE },
  ])('keeps history for as long as a manager may take to list $what', ({ quotaMib, inUse, full, keptMs }) => {
    const quotaBytes = quotaMib * 1024 * 1024;
    const member = aMember('a', { sizeBytes: quotaBytes, inUseBytes: inUse * quotaBytes, full });
    const compactsTo = (age: number): unknown =>
      decideUpkeep(inputs({ quotaBytes, members: [member], marks: [{ revision: 60_000, atMs: NOW - age }] }));
    expect(compactsTo(keptMs - 100)).not.toEqual(expect.objectContaining({ kind: 'compact' }));
    expect(compactsTo(keptMs + 100)).toEqual({ kind: 'compact', revision: 60_000 });
  });

  it('remembers history no longer than it is needed', () => {
    const kept = newestMarks(history, NOW);
    expect(kept).toHaveLength(302);
    expect(decideUpkeep(inputs({ marks: kept }))).toEqual(decideUpkeep(inputs({ marks: history })));
  });
});
