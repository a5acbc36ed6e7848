import { TaskState } from '#common/domain';
import { Task } from '#common/proto';
import { aService, aTask, NOW } from '../testing/builders';
import type { Change } from './change';
import { toTransactions } from './commit-changes';

const create = (count: number, spec = {}): Change[] =>
  Array.from({ length: count }, (_, i) => ({ kind: 'createTask', task: aTask({ id: `t${i}`, service: aService({ spec }) }) }));

describe('the transactions of a plan', () => {
  it('write each task once, whatever happens to it in the plan', () => {
    const task = aTask({ id: 'a', nodeId: '', state: TaskState.pending, desired: TaskState.ready });
    const genericResources = [{ namedResourceSpec: { kind: 'gpu', value: 'g1' }, discreteResourceSpec: undefined }];
    const [transaction, ...more] = toTransactions(
      [
        { kind: 'setDesiredState', task, to: TaskState.running, reason: 'its turn has come' },
        { kind: 'assignTask', task, nodeId: 'n', genericResources },
      ],
      NOW,
      100,
    );
    expect(more).toEqual([]);
    expect(transaction?.writes).toHaveLength(1);
    const [write] = transaction?.writes ?? [];
    const stored = write?.kind === 'put' ? Task.decode(write.value) : undefined;
    expect(stored).toMatchObject({ nodeId: 'n', genericResources, desiredState: 'running', status: { state: 'assigned' } });
  });

  it('delete a task together with its status, even when the plan also changes it', () => {
    const task = aTask({ id: 'a' });
    const [transaction] = toTransactions(
      [
        { kind: 'deleteTask', taskId: 'a' },
        { kind: 'setDesiredState', task, to: TaskState.remove, reason: 'scaled down' },
      ],
      NOW,
      100,
    );
    expect(transaction?.writes).toEqual([
      { kind: 'delete', key: 'tasks/a' },
      { kind: 'delete', key: 'task-status/a' },
    ]);
  });

  it('hold no more writes than the store takes', () => {
    const transactions = toTransactions(create(300), NOW, 127);
    expect(transactions.map(({ writes }) => writes.length)).toEqual([127, 127, 46]);
  });

  it('hold no more bytes than the store takes, however few the tasks', () => {
    const large = { taskTemplate: { containerSpec: { env: ['X='.padEnd(400 * 1024, 'x')] } } };
    const transactions = toTransactions(create(5, large), NOW, 127);
    expect(transactions.map(({ writes }) => writes.length)).toEqual([2, 2, 1]);
  });
});
