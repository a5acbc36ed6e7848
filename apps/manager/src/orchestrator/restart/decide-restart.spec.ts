import { TaskState } from '#common/domain';
import type { Service, Task, TaskStatus } from '#common/proto';
import { aService, aSnapshot, aTask, countingIds, NOW, type TaskOptions } from '../../testing/builders';
import type { Plan } from '../change';
import { decideService } from '../decide-service';

const { failed, ready, running, shutdown } = TaskState;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const at = (msAgo: number): string => new Date(NOW - msAgo).toISOString();
const decide = (service: Service, tasks: Task[]): Plan =>
  decideService(aSnapshot(service, tasks), { now: NOW, newId: countingIds() });
const createdTasks = (plan: Plan): Task[] =>
  plan.changes.flatMap((change) => (change.kind === 'createTask' ? [change.task] : []));
const started = (plan: Plan): string[] =>
  plan.changes.flatMap((change) => (change.kind === 'setDesiredState' && change.to === running ? [change.task.id] : []));

/** A task that ended just now. @param ran milliseconds for which it was seen running */
function anEndedTask(
  service: Service,
  { ran, ...options }: TaskOptions & { ran?: number; failures?: number; restarts?: number },
): Task {
  const task = aTask({ id: 'ended', state: failed, service, createdMsAgo: 60 * MINUTE, ...options });
  const runningAt = ran === undefined ? undefined : at(ran);
  const status = { ...(task.status as TaskStatus), appliedAt: at(0), runningAt, restarts: options.restarts };
  return { ...task, status, failures: options.failures ?? 0 };
}

describe('a restart whose policy names no delay', () => {
  const service = aService();

  it.each([
    { name: 'the first failure', failures: 0, ran: 5 * SECOND, counted: 1 },
    { name: 'one more failure', failures: 3, ran: 5 * SECOND, counted: 4 },
    { name: 'a failure that never ran', failures: 3, ran: undefined, counted: 4 },
    { name: 'a failure after a stable time', failures: 8, ran: 10 * MINUTE, counted: 1 },
  ])('counts $name as failure $counted', ({ failures, ran, counted }) => {
    const [next] = createdTasks(decide(service, [anEndedTask(service, { failures, ran })]));
    expect(next).toMatchObject({ failures: counted, desiredState: ready });
  });

  it.each([
    { failures: 1, delayMs: 1 * SECOND },
    { failures: 2, delayMs: 2 * SECOND },
    { failures: 5, delayMs: 16 * SECOND },
    { failures: 9, delayMs: 256 * SECOND },
    { failures: 10, delayMs: 5 * MINUTE },
    { failures: 4_000_000, delayMs: 5 * MINUTE },
  ])('waits $delayMs ms after failure $failures', ({ failures, delayMs }) => {
    const ended = anEndedTask(service, { desired: shutdown });
    const parked = (createdMsAgo: number): Task => ({
      ...aTask({ id: 'next', state: ready, desired: ready, service, createdMsAgo }),
      failures,
    });
    expect(decide(service, [ended, parked(delayMs - 1)])).toEqual({ changes: [], requeueAfterMs: 1 });
    expect(started(decide(service, [ended, parked(delayMs)]))).toEqual(['next']);
  });

  it('waits what the policy names, if it names a delay, however often the task failed', () => {
    const withDelay = aService({ spec: { taskTemplate: { restartPolicy: { delay: 3e9 } } } });
    const parked = {
      ...aTask({ id: 'next', state: ready, desired: ready, service: withDelay, createdMsAgo: 3 * SECOND }),
      failures: 9,
    };
    expect(started(decide(withDelay, [anEndedTask(withDelay, { desired: shutdown }), parked]))).toEqual(['next']);
  });

  it('starts counting anew with a new version of the service', () => {
    const changed = aService({ version: 2, spec: { taskTemplate: { containerSpec: { image: 'busybox:2' } } } });
    const [next] = createdTasks(decide(changed, [anEndedTask(service, { failures: 7 })]));
    expect(next?.failures).toBe(0);
  });

  it('starts counting anew where the task leaves a node that is lost', () => {
    const [next] = createdTasks(decide(service, [{ ...aTask({ service, nodeId: 'gone' }), failures: 7 }]));
    expect(next).toMatchObject({ failures: 0, desiredState: running });
  });
});

describe('restarts that an agent made while it was cut off', () => {
  it.each([
    { restarts: 1, followed: true },
    { restarts: 2, followed: false },
  ])('count among the attempts: after $restarts of 2 the task is followed by another: $followed', ({ restarts, followed }) => {
    const service = aService({ spec: { taskTemplate: { restartPolicy: { delay: 1e9, maxAttempts: 2 } } } });
    expect(createdTasks(decide(service, [anEndedTask(service, { restarts })]))).toHaveLength(followed ? 1 : 0);
  });
});
