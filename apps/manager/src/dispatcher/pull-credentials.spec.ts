import { TaskState } from '#common/domain';
import type { SealedValue, Task } from '#common/proto';
import { testVault } from '#common/testing';
import { aService, aTask } from '../testing/builders';
import { toCredentialsDiff, type SentCredentials } from './pull-credentials';

const A = testVault().seal(Buffer.from('a'), 'registry-credentials/web');
const B = testVault().seal(Buffer.from('b'), 'registry-credentials/web');
const NOTHING: SentCredentials = new Map();
const had = (web: SealedValue | undefined): SentCredentials => new Map([['web', web]]);

const task = (state: TaskState, desired = TaskState.running, serviceId = 'web'): Task => ({
  ...aTask({ state, desired, service: aService() }),
  serviceId,
});
const sendTo = (sent: SentCredentials, tasks: Task[], updated: Task[], web: SealedValue | undefined) =>
  toCredentialsDiff(sent, tasks, updated, (id) => (id === 'web' ? web : undefined));

describe('credentials are sent', () => {
  it.each([
    { state: TaskState.assigned, desired: TaskState.running, isSent: true },
    { state: TaskState.preparing, desired: TaskState.running, isSent: true },
    { state: TaskState.assigned, desired: TaskState.ready, isSent: true },
    { state: TaskState.ready, desired: TaskState.running, isSent: false },
    { state: TaskState.running, desired: TaskState.running, isSent: false },
    { state: TaskState.rejected, desired: TaskState.running, isSent: false },
    { state: TaskState.preparing, desired: TaskState.shutdown, isSent: false },
  ])('with a task that is $state and to be $desired: $isSent', ({ state, desired, isSent }) => {
    const tasks = [task(state, desired)];
    expect([...sendTo(NOTHING, tasks, tasks, A).send]).toEqual(isSent ? [['web', A]] : []);
  });

  it('once, and not again while nothing is new', () => {
    const tasks = [task(TaskState.preparing)];
    const { sent } = sendTo(NOTHING, tasks, tasks, A);
    expect(sendTo(sent, tasks, [], A).send.size).toBe(0);
  });

  it('again with the next task, since the agent has forgotten them', () => {
    const first = task(TaskState.running);
    const second = task(TaskState.assigned);
    expect([...sendTo(NOTHING, [first, second], [second], A).send]).toEqual([['web', A]]);
    expect([...sendTo(had(A), [first, second], [second], A).send]).toEqual([['web', A]]);
  });

  it('again to a task that still has to pull when they change, and taken back when there are none any more', () => {
    const tasks = [task(TaskState.preparing)];
    expect([...sendTo(had(A), tasks, [], B).send]).toEqual([['web', B]]);
    expect([...sendTo(had(A), tasks, [], undefined).send]).toEqual([['web', undefined]]);
    expect(sendTo(had(A), [task(TaskState.running)], [], B).send.size).toBe(0);
  });

  it('only of the services that have some', () => {
    const tasks = [task(TaskState.assigned, TaskState.running, 'other')];
    expect(sendTo(NOTHING, tasks, tasks, A).send.size).toBe(0);
  });
});
