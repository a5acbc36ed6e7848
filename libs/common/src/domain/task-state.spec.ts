import { TaskStatus } from '../proto';
import { isTerminal, mayReport, stateRank, TaskState, TRANSITIONS } from './task-state';

const status = (state: TaskState): TaskStatus => TaskStatus.fromPartial({ state });
const { assigned, running, ready, complete, failed, rejected, shutdown, orphaned, remove, pending } = TaskState;

describe('the states of a task', () => {
  it('only ever move forward', () => {
    const moves = Object.values(TRANSITIONS).flat();
    for (const [from, to] of moves) if (from && to) expect(stateRank(to)).toBeGreaterThan(stateRank(from));
  });

  it('are never left by an agent once they are final', () => {
    for (const [from] of TRANSITIONS.agent) expect(from !== null && isTerminal(from)).toBe(false);
  });

  it.each([
    [assigned, running, true],
    [running, running, true],
    [running, failed, true],
    [running, ready, false],
    [complete, failed, false],
    [shutdown, running, false],
    [running, rejected, false],
    [running, orphaned, false],
    [orphaned, running, false],
    [orphaned, shutdown, false],
    [running, remove, false],
    [pending, running, false],
  ])('an agent may report of a task that is %s that it is %s: %s', (from, to, may) => {
    expect(mayReport(status(from), status(to))).toBe(may);
  });
});
