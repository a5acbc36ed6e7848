import fc from 'fast-check';
import { TaskState } from '#common/domain';
import { Task } from '#common/proto';
import { isForAgent, toAssignmentDiff, type SentTasks } from './assignment-diff';

const task = (id: string, version: number): Task => Task.fromPartial({ id, version: { index: version } });

describe('what an agent is told', () => {
  it('is a new task, a rewritten task and a missing task, each once', () => {
    const before: SentTasks = new Map([
      ['same', 1],
      ['rewritten', 1],
      ['gone', 1],
    ]);
    const diff = toAssignmentDiff(before, [task('same', 1), task('rewritten', 2), task('new', 3)]);
    expect(diff.update.map(({ id }) => id)).toEqual(['rewritten', 'new']);
    expect(diff.remove).toEqual(['gone']);
  });

  it('brings it, whatever it had before, to exactly the tasks it should have', () => {
    const sets = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3)).map((set) => Object.entries(set));
    fc.assert(
      fc.property(fc.array(sets), (history) => {
        let sent: SentTasks = new Map();
        const agent = new Map<string, number>();
        for (const wanted of history) {
          const diff = toAssignmentDiff(
            sent,
            wanted.map(([id, version]) => task(id, version)),
          );
          sent = diff.sent;
          for (const { id, version } of diff.update) agent.set(id, version?.index ?? 0);
          for (const id of diff.remove) agent.delete(id);
          expect([...agent].sort()).toEqual([...wanted].sort());
        }
      }),
    );
  });
});

it.each([
  { state: TaskState.pending, isSent: false },
  { state: TaskState.assigned, isSent: true },
  { state: TaskState.running, isSent: true },
  { state: TaskState.shutdown, isSent: true },
  // Its node was away for too long: what is left of it there is removed.
  { state: TaskState.orphaned, isSent: false },
])('a task that is $state is sent to its agent: $isSent', ({ state, isSent }) => {
  expect(isForAgent(Task.fromPartial({ status: { state } }))).toBe(isSent);
});
