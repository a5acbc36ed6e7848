import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW, type TaskOptions } from '../../testing/builders';
import type { Plan } from '../change';
import { decideService } from '../decide-service';

const { assigned, complete, failed, pending, ready, rejected, remove, running, shutdown } = TaskState;

interface JobOptions {
  total?: number;
  concurrent?: number;
  iteration?: number;
  restartPolicy?: object;
}

const aJob = ({ total = 5, concurrent = 2, iteration = 0, restartPolicy }: JobOptions = {}): Service =>
  aService({
    iteration,
    version: iteration + 1,
    spec: {
      mode: { replicatedJob: { maxConcurrent: concurrent, totalCompletions: total } },
      taskTemplate: { containerSpec: { image: 'busybox:latest' }, restartPolicy },
    },
  });

const attempt = (slot: number, state: TaskState, options: TaskOptions & { service: Service }): Task =>
  aTask({ slot, state, desired: complete, id: `${slot}.${state}`, ...options });

const decide = (service: Service, tasks: Task[], nodes?: Node[]): Plan =>
  decideService(aSnapshot(service, tasks, nodes), { now: NOW, newId: countingIds() });
const created = (plan: Plan): [slot: number, desired: TaskState][] =>
  plan.changes.flatMap((change) => (change.kind === 'createTask' ? [[change.task.slot, change.task.desiredState]] : []));
const moved = (plan: Plan): [string, TaskState][] =>
  plan.changes.flatMap((change) => (change.kind === 'setDesiredState' ? [[change.task.id, change.to]] : []));
const reaped = (plan: Plan): string[] => plan.changes.flatMap((change) => (change.kind === 'deleteTask' ? [change.taskId] : []));

describe('a replicated job', () => {
  const job = aJob();

  it.each<{ name: string; options?: JobOptions; states: TaskState[]; starts: number[] }>([
    { name: 'starts as many tasks as may run at a time', states: [], starts: [0, 1] },
    { name: 'starts no more than are to complete', options: { total: 1 }, states: [], starts: [0] },
    { name: 'goes on with the next when one has completed', states: [complete, running], starts: [2] },
    { name: 'waits while as many run as may', states: [complete, running, running], starts: [] },
    { name: 'starts none that is not needed any more', states: [complete, complete, complete, complete, running], starts: [] },
    { name: 'is done when all have completed', states: Array<TaskState>(5).fill(complete), starts: [] },
    { name: 'counts a task that waits for a node', states: [pending, running], starts: [] },
    { name: 'wants nothing when nothing is to complete', options: { total: 0 }, states: [], starts: [] },
    { name: 'wants nothing when none may run', options: { concurrent: 0 }, states: [], starts: [] },
  ])('$name', ({ options, states, starts }) => {
    const service = aJob(options);
    const plan = decide(
      service,
      states.map((state, slot) => attempt(slot, state, { service })),
    );
    expect(created(plan)).toEqual(starts.map((slot) => [slot, complete]));
    expect(moved(plan)).toEqual([]);
    expect(reaped(plan)).toEqual([]);
  });

  it('gives its tasks names, and the number of its iteration', () => {
    const [change] = decide(aJob({ iteration: 3 }), []).changes;
    expect(change).toMatchObject({ kind: 'createTask', task: { name: 'web.0.task1', slot: 0, jobIteration: { index: 3 } } });
  });

  describe('whose task has failed', () => {
    it.each<{ name: string; restartPolicy?: object; state?: TaskState; starts: [number, TaskState][] }>([
      { name: 'tries again after the restart delay', starts: [[0, ready]] },
      { name: 'tries again when the task was rejected', state: rejected, starts: [[0, ready]] },
      { name: 'tries again on condition on-failure', restartPolicy: { condition: 'on-failure' }, starts: [[0, ready]] },
      { name: 'gives the slot up on condition none', restartPolicy: { condition: 'none' }, starts: [[1, complete]] },
      { name: 'tries again while attempts are left', restartPolicy: { maxAttempts: 1 }, starts: [[0, ready]] },
    ])('$name', ({ restartPolicy, state = failed, starts }) => {
      const service = aJob({ concurrent: 1, restartPolicy });
      const plan = decide(service, [attempt(0, state, { service })]);
      expect(created(plan)).toEqual(starts);
      expect(moved(plan)).toEqual([[`0.${state}`, shutdown]]);
    });

    it('gives the slot up, for good, when the attempts are used up', () => {
      const service = aJob({ concurrent: 1, restartPolicy: { maxAttempts: 1 } });
      const first = attempt(0, failed, { service, id: 'first', desired: shutdown, createdMsAgo: 90_000 });
      const second = attempt(0, failed, { service, id: 'second' });
      const plan = decide(service, [first, second]);
      expect(moved(plan)).toEqual([['second', shutdown]]);
      expect(created(plan)).toEqual([[1, complete]]);
      const others = [1, 2, 3, 4].map((slot) => attempt(slot, complete, { service }));
      expect(decide(service, [first, { ...second, desiredState: shutdown }, ...others]).changes).toEqual([]);
    });

    it('waits for the delay, which takes a place', () => {
      const service = aJob({ concurrent: 1, restartPolicy: { delay: 5e9 } });
      const parked = { ...attempt(0, ready, { service, desired: ready, createdMsAgo: 2_000, id: 'parked' }), failures: 1 };
      const plan = decide(service, [attempt(0, failed, { service, desired: shutdown }), parked]);
      expect(plan).toEqual({ changes: [], requeueAfterMs: 3_000 });
    });

    it('starts the next when the delay is over', () => {
      const service = aJob({ restartPolicy: { delay: 5e9 } });
      const parked = attempt(0, ready, { service, desired: ready, createdMsAgo: 6_000, id: 'parked' });
      const plan = decide(service, [attempt(0, failed, { service, desired: shutdown }), parked]);
      expect(moved(plan)).toEqual([['parked', complete]]);
    });

    it('waits longer with every failure when the policy names no delay', () => {
      const again = { ...attempt(0, failed, { service: job }), failures: 3 };
      const [, next] = decide(job, [again]).changes;
      expect(next).toMatchObject({ kind: 'createTask', task: { failures: 4, desiredState: ready } });
    });
  });

  it.each<{ name: string; node: Node[]; desired: TaskState }>([
    { name: 'down', node: [aNode('a', { state: NodeState.down })], desired: complete },
    { name: 'gone', node: [], desired: complete },
    { name: 'drained', node: [aNode('a', { availability: NodeAvailability.drain })], desired: ready },
  ])('moves off a node that is $name', ({ node, desired }) => {
    const plan = decide(job, [attempt(0, running, { service: job })], [...node, aNode('b')]);
    expect(moved(plan)).toEqual([['0.running', shutdown]]);
    expect(created(plan)).toEqual([
      [0, desired],
      [1, complete],
    ]);
  });

  it('moves off a node that its placement does not allow any more', () => {
    const constrained = aJob();
    const taskTemplate = { ...constrained.spec?.taskTemplate, placement: { constraints: ['node.labels.disk==ssd'] } };
    const service = aService({ iteration: 0, spec: { mode: constrained.spec?.mode, taskTemplate } });
    expect(moved(decide(service, [attempt(0, running, { service })]))).toEqual([['0.running', shutdown]]);
  });

  it('leaves a completed task alone when its node goes', () => {
    const service = aJob({ total: 1 });
    expect(decide(service, [attempt(0, complete, { service })], []).changes).toEqual([]);
  });

  it('stops the second attempt when the first turns out to have completed on a node that was lost', () => {
    const service = aJob({ total: 1 });
    const tasks = [attempt(0, complete, { service, desired: shutdown }), attempt(0, running, { service, createdMsAgo: 1_000 })];
    expect(moved(decide(service, tasks))).toEqual([['0.running', shutdown]]);
  });
});

describe('a job that is started anew', () => {
  const before = aJob();
  const job = aJob({ iteration: 1 });

  it('removes what still runs, keeps what has ended, and begins at the first slot', () => {
    const plan = decide(job, [
      attempt(0, complete, { service: before }),
      attempt(1, running, { service: before }),
      attempt(2, assigned, { service: before }),
      attempt(3, failed, { service: before, desired: shutdown }),
    ]);
    expect(moved(plan)).toEqual([
      ['1.running', remove],
      ['2.assigned', remove],
    ]);
    expect(created(plan)).toEqual([
      [0, complete],
      [1, complete],
    ]);
    expect(reaped(plan)).toEqual([]);
  });

  it('forgets slots that it does not have any more', () => {
    const service = aJob({ iteration: 1, total: 1 });
    expect(moved(decide(service, [attempt(4, complete, { service: before })]))).toEqual([['4.complete', remove]]);
  });

  it('has its failures of earlier iterations forgiven', () => {
    const restartPolicy = { maxAttempts: 1 };
    const earlier = aJob({ restartPolicy });
    const service = aJob({ restartPolicy, iteration: 1, concurrent: 1 });
    const past = [1, 2].map((n) => attempt(0, failed, { service: earlier, desired: shutdown, id: `old${n}` }));
    expect(created(decide(service, past))).toEqual([[0, complete]]);
  });
});

describe('history of a job', () => {
  const attempts = (service: Service, state: TaskState, from: number, count: number): Task[] =>
    Array.from({ length: count }, (_, i) => {
      const desired = state === complete ? complete : shutdown;
      return attempt(0, state, { service, desired, id: `${state}${from + i}`, createdMsAgo: (100 - from - i) * 1_000 });
    });

  it('keeps the newest five of a slot, of whatever iteration', () => {
    const job = aJob({ iteration: 7, total: 1 });
    const tasks = Array.from({ length: 8 }, (_, n) => attempts(aJob({ iteration: n }), complete, n, 1)).flat();
    expect(reaped(decide(job, tasks)).sort()).toEqual(['complete0', 'complete1', 'complete2']);
  });

  it('never loses the completion of the present iteration, however much is newer', () => {
    const job = aJob({ total: 1 });
    const plan = decide(job, [...attempts(job, complete, 0, 1), ...attempts(job, failed, 1, 8)]);
    expect(reaped(plan).sort()).toEqual(['failed1', 'failed2', 'failed3']);
  });

  it('is as long as the restart policy counts', () => {
    const job = aJob({ total: 1, restartPolicy: { maxAttempts: 8 } });
    expect(reaped(decide(job, attempts(job, failed, 0, 9)))).toEqual([]);
  });

  it('goes with the service', () => {
    const job = aJob();
    const tasks = [attempt(0, complete, { service: job }), attempt(1, running, { service: job })];
    const plan = decideService({ ...aSnapshot(job, tasks), service: undefined }, { now: NOW, newId: countingIds() });
    expect(moved(plan).map(([, to]) => to)).toEqual([remove, remove]);
  });
});
