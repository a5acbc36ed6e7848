import { NO_CONTAINERS } from '../testing/no-containers';
import { NO_FILES } from '../testing/no-files';
import { NO_OVERLAYS } from '../testing/no-overlays';
import { isTerminal, stateRank, TaskState } from '#common/domain';
import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { Assignments_Type } from '#common/dispatcher-proto';
import type { Task, TaskStatus } from '#common/proto';
import { EngineHealth } from '../executor/engine-health';
import { aTask, CLUSTER_ID, type TaskTraits } from '../testing/a-task';
import { FakeExecutor } from '../testing/fake-executor';
import { EngineWatch } from './engine-watch';
import { StatusReporter } from './status-reporter';
import { Worker } from './worker';

const logger = createLogger('agent', 'silent');
const AWAY = new DomainError('UNAVAILABLE', 'the engine does not answer');
const FAILED = new DomainError('INTERNAL', 'the engine failed');

/** A worker on a fake engine, as the agent wires it, and what a manager would hear from it. */
class Bench {
  /** Whether others call its tasks by way of overlay networks. */
  isCalled = false;
  readonly engine = new FakeExecutor();
  readonly heard: { taskId: string; status: TaskStatus }[] = [];
  private readonly stopping = new AbortController();
  private readonly statuses = new StatusReporter(0);
  readonly worker = new Worker(
    {
      executor: this.engine,
      networks: { ...NO_OVERLAYS, isCalled: () => this.isCalled },
      files: NO_FILES,
      containers: NO_CONTAINERS,
    },
    this.statuses,
    logger,
  );
  private readonly watch = new EngineWatch(this.engine, new EngineHealth(this.engine, logger), this.worker, logger);

  constructor() {
    this.statuses.onUnsent(() => {
      for (const { taskId, status } of this.statuses.take()) if (status) this.heard.push({ taskId, status });
    });
    void this.watch.run(this.stopping.signal);
    this.worker.joinCluster(CLUSTER_ID);
  }

  async complete(...update: Task[]): Promise<void> {
    this.worker.apply({ type: Assignments_Type.COMPLETE, appliesTo: 0, resultsIn: 1, update, remove: [] });
    this.watch.compareNow();
    await settled();
  }

  async change(update: Task[], remove: string[] = [], auth: Record<string, string> = {}): Promise<void> {
    const byService = Object.fromEntries(Object.entries(auth).map(([id, text]) => [id, Buffer.from(text)]));
    const registryAuth = { byService };
    this.worker.apply({ type: Assignments_Type.INCREMENTAL, appliesTo: 1, resultsIn: 1, update, remove, registryAuth });
    await settled();
  }

  /** A task that runs. */
  async running(traits: TaskTraits = {}): Promise<Task> {
    const task = aTask(traits);
    await this.complete(task);
    expect(this.last(task)?.state).toBe(TaskState.running);
    return task;
  }

  async compare(): Promise<void> {
    this.watch.compareNow();
    await settled();
  }

  /** The session ends, and its end is noticed. */
  async cutOff(): Promise<void> {
    this.worker.partFromManager();
    await settled();
  }

  async join(clusterId: string, ended: string[] = []): Promise<void> {
    this.worker.joinCluster(clusterId, ended);
    await settled();
  }

  /** The waits before the next tries are over. */
  async retry(): Promise<void> {
    this.worker.retryNow();
    await settled();
  }

  states(task: Task): (TaskState | undefined)[] {
    return this.heard.filter(({ taskId }) => taskId === task.id).map(({ status }) => status.state);
  }

  last(task: Task): TaskStatus | undefined {
    return this.heard.filter(({ taskId }) => taskId === task.id).at(-1)?.status;
  }

  close(): void {
    this.stopping.abort();
    this.worker.halt();
  }
}

/** Everything that needs no timer has happened. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}

let bench: Bench;
beforeEach(() => (bench = new Bench()));
afterEach(() => bench.close());

const as = (task: Task, desiredState: TaskState): Task => ({ ...task, desiredState });

describe('an assigned task', () => {
  it('is run, and every state on the way is told', async () => {
    const task = await bench.running();
    expect(bench.states(task)).toEqual(['accepted', 'preparing', 'ready', 'starting', 'running']);
    expect(bench.last(task)).toMatchObject({ message: 'started', containerStatus: { pid: 42 } });
  });

  it('says how far its pull is', async () => {
    const task = aTask();
    bench.engine.pullProgress = ['pulling busybox:latest', 'pulling busybox:latest: 1.0 MB of 2.0 MB'];
    bench.engine.hold('prepare');
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'preparing', message: 'pulling busybox:latest: 1.0 MB of 2.0 MB' });
    bench.engine.release('prepare');
    await settled();
    expect(bench.states(task).slice(-4)).toEqual(['preparing', 'ready', 'starting', 'running']);
  });

  it('is looked at only when there is doubt', async () => {
    const task = aTask();
    await bench.complete();
    bench.engine.calls.length = 0;
    await bench.change([task]);
    expect(bench.engine.calls).toEqual([`prepare ${task.id}`, `start ${bench.engine.of(task.id)?.id}`]);
  });

  it('is parked while it is wanted ready, then started', async () => {
    const task = aTask({ desired: TaskState.ready });
    await bench.complete(task);
    expect(bench.last(task)?.state).toBe(TaskState.ready);
    expect(bench.engine.of(task.id)?.phase).toBe('created');
    await bench.change([as(task, TaskState.running)]);
    expect(bench.last(task)?.state).toBe(TaskState.running);
  });

  describe('that others call', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate'] });
      bench.isCalled = true;
    });
    afterEach(() => jest.useRealTimers());

    const isStopped = (): boolean => bench.engine.calls.some((call) => call.startsWith('stop '));
    const wait = async (ms: number): Promise<void> => {
      await jest.advanceTimersByTimeAsync(ms);
      await settled();
    };

    it.each([TaskState.shutdown, TaskState.remove])('goes on with its connections before it is stopped (%s)', async (desired) => {
      const task = await bench.running();
      await bench.change([as(task, desired)]);
      await wait(4_900);
      expect(isStopped()).toBe(false);
      await wait(200);
      expect(isStopped()).toBe(true);
    });

    it('does so for as long as its service says', async () => {
      const task = { ...(await bench.running()), serviceLabels: { 'swarmctl.drain-period': '0s' } };
      await bench.change([as(task, TaskState.shutdown)]);
      await wait(1);
      expect(isStopped()).toBe(true);
    });
  });

  it('is complete or failed as its process ends', async () => {
    const [good, bad] = [aTask(), aTask()];
    await bench.complete(good, bad);
    bench.engine.exit(good.id, 0);
    bench.engine.exit(bad.id, 3);
    await settled();
    expect(bench.last(good)).toMatchObject({ state: 'complete', message: 'finished', err: '' });
    expect(bench.last(bad)).toMatchObject({
      state: 'failed',
      err: 'task: non-zero exit (3)',
      containerStatus: { exitCode: 3, pid: 0 },
    });
  });

  it('failed when its container is removed behind our back', async () => {
    const task = await bench.running();
    await bench.engine.remove(bench.engine.of(task.id)?.id ?? '');
    await settled();
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'the container is gone from the engine' });
  });

  it('without a valid id is refused', async () => {
    await bench.complete(aTask({ id: '../../containers/x' }));
    expect(bench.engine.calls.filter((call) => call !== 'list')).toEqual([]);
  });
});

describe('a task with a healthcheck', () => {
  beforeEach(() => (bench.engine.startsWithHealth = 'starting'));

  it('is running only after its first good check', async () => {
    const task = aTask();
    await bench.complete(task);
    expect(bench.last(task)?.state).toBe(TaskState.starting);
    bench.engine.sicken(task.id, 'healthy');
    await settled();
    expect(bench.last(task)?.state).toBe(TaskState.running);
  });

  it.each(['before', 'after'])('is ended and failed when it turns unhealthy %s it ran', async (when) => {
    const task = aTask();
    await bench.complete(task);
    if (when === 'after') bench.engine.sicken(task.id, 'healthy');
    await settled();
    bench.engine.sicken(task.id, 'unhealthy');
    await settled();
    expect(bench.engine.of(task.id)?.phase).toBe('exited');
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'unhealthy container' });
  });

  it('is not called unhealthy because it was shut down', async () => {
    const task = aTask();
    await bench.complete(task);
    bench.engine.sicken(task.id, 'healthy');
    await settled();
    await bench.change([as(task, TaskState.shutdown)]);
    expect(bench.last(task)).toMatchObject({ state: 'shutdown', err: '' });
  });
});

describe('a task that is no longer wanted', () => {
  it('is shut down and keeps its container as history', async () => {
    const task = await bench.running();
    await bench.change([as(task, TaskState.shutdown)]);
    expect(bench.last(task)).toMatchObject({ state: 'shutdown', message: 'shutdown' });
    expect(bench.engine.of(task.id)?.phase).toBe('exited');
  });

  it('is shut down and loses its container when it is to be removed', async () => {
    const task = await bench.running();
    await bench.change([as(task, TaskState.remove)]);
    expect(bench.last(task)?.state).toBe(TaskState.shutdown);
    expect(bench.engine.of(task.id)).toBeUndefined();
  });

  it('disappears without a word when the manager forgets it', async () => {
    const task = await bench.running();
    bench.heard.length = 0;
    await bench.change([], [task.id]);
    expect(bench.engine.of(task.id)).toBeUndefined();
    expect(bench.heard).toEqual([]);
  });

  it('disappears when a complete set does not name it', async () => {
    const task = await bench.running();
    await bench.complete();
    expect(bench.engine.of(task.id)).toBeUndefined();
  });

  it('never gets a container when it is shut down while its image is pulled', async () => {
    const task = aTask();
    bench.engine.hold('prepare');
    await bench.complete(task);
    await bench.change([as(task, TaskState.shutdown)]);
    expect(bench.states(task)).toEqual(['accepted', 'preparing', 'shutdown']);
    expect(bench.engine.of(task.id)).toBeUndefined();
  });

  it('goes on being prepared when it is only no longer parked', async () => {
    const task = aTask({ desired: TaskState.ready });
    bench.engine.hold('prepare');
    await bench.complete(task);
    await bench.change([as(task, TaskState.running)]);
    bench.engine.release('prepare');
    await settled();
    expect(bench.engine.calls.filter((call) => call.startsWith('prepare'))).toHaveLength(1);
    expect(bench.last(task)?.state).toBe(TaskState.running);
  });
});

describe('an agent that starts anew', () => {
  it('adopts a running container without touching it', async () => {
    const task = aTask({ known: TaskState.running });
    const container = bench.engine.put(task.id);
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'running', containerStatus: { containerId: container.id, pid: 42 } });
    expect(bench.engine.calls.filter((call) => /^(start|stop|remove|prepare)/.test(call))).toEqual([]);
  });

  it('tells the true exit code of a container that ended meanwhile', async () => {
    const task = aTask({ known: TaskState.running });
    bench.engine.put(task.id, { phase: 'exited', exitCode: 137, pid: 0 });
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (137)' });
  });

  it('starts a container that it had only made', async () => {
    const task = aTask({ known: TaskState.starting });
    bench.engine.put(task.id, { phase: 'created' });
    await bench.complete(task);
    expect(bench.last(task)?.state).toBe(TaskState.running);
  });

  it('adopts the container of a task of which it had not yet told anything', async () => {
    const task = aTask();
    const container = bench.engine.put(task.id);
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'running', containerStatus: { containerId: container.id } });
  });

  it('does not run a task again that has ended', async () => {
    const task = aTask({ known: TaskState.failed });
    await bench.complete(task);
    expect(bench.engine.calls.filter((call) => /^(start|prepare)/.test(call))).toEqual([]);
    expect(bench.heard).toEqual([]);
  });
});

describe('a container that belongs to no task', () => {
  it('is left alone until all tasks are known, then ended and removed', async () => {
    bench.engine.put('orphan');
    await bench.compare();
    expect(bench.engine.of('orphan')?.phase).toBe('running');
    await bench.complete();
    expect(bench.engine.of('orphan')).toBeUndefined();
    expect(bench.heard).toEqual([]);
  });

  it('is left alone when another cluster made it', async () => {
    bench.engine.put('foreign', {}, 'another-cluster');
    await bench.complete();
    expect(bench.engine.of('foreign')?.phase).toBe('running');
  });

  it('is ended and removed when the cluster that made it has ended', async () => {
    bench.engine.put('left over', {}, 'ended-cluster');
    await bench.join('another-cluster', ['ended-cluster']);
    await bench.complete();
    expect(bench.engine.of('left over')).toBeUndefined();
  });
});

it.each(['joined', 'forgotten'])(
  'what an ended cluster has left is removed whatever cluster is joined after that: %s',
  async (how) => {
    bench.engine.put('left over', {}, 'ended-cluster');
    if (how === 'joined') await bench.join('another-cluster', ['ended-cluster']);
    else bench.worker.forgetClusters(['ended-cluster']);
    await bench.join('third-cluster');
    await bench.complete();
    expect(bench.engine.of('left over')).toBeUndefined();
  },
);

it('leaves running what it ran when it joins another cluster', async () => {
  const task = await bench.running();
  await bench.join('another-cluster');
  await bench.complete();
  expect(bench.engine.of(task.id)?.phase).toBe('running');
});

describe('while no manager can be reached, a container that ends', () => {
  const withPolicy = (policy: object): TaskTraits => ({ spec: { RestartPolicy: policy } });
  const starts = (): number => bench.engine.calls.filter((call) => call.startsWith('start')).length;
  const cutOffWhileRunning = async (traits: TaskTraits = withPolicy({ Delay: 0 })): Promise<Task> => {
    const task = await bench.running(traits);
    await bench.cutOff();
    return task;
  };
  const exit = async (task: Task, exitCode: number): Promise<void> => {
    bench.engine.exit(task.id, exitCode);
    await settled();
  };

  it('is started again, and that is all that is told', async () => {
    const task = await cutOffWhileRunning();
    const before = bench.engine.of(task.id);
    await exit(task, 1);
    await exit(task, 7);
    expect(bench.engine.of(task.id)).toMatchObject({ id: before?.id, phase: 'running' });
    expect(bench.states(task)).not.toContain(TaskState.failed);
    expect(bench.last(task)).toMatchObject({
      state: 'running',
      message: 'restarted 2 times while no manager could be reached; last exit code 7',
      restarts: 2,
      containerStatus: { containerId: before?.id, pid: 42 },
    });
  });

  it('and again as soon as it runs, is started each time', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Delay: 0, MaxAttempts: 4 }));
    bench.engine.crashes = 3;
    await exit(task, 1);
    expect(bench.last(task)).toMatchObject({ state: 'running', restarts: 4 });
    expect(bench.engine.of(task.id)?.phase).toBe('running');
  });

  it('has its end reported once its attempts are used up', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Delay: 0, MaxAttempts: 2 }));
    bench.engine.crashes = 9;
    await exit(task, 3);
    expect(starts()).toBe(3);
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (1)', restarts: 2 });
  });

  it('stays ended when its policy says so', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Condition: 'on-failure', Delay: 0 }));
    await exit(task, 0);
    expect(bench.last(task)?.state).toBe(TaskState.complete);
    expect(starts()).toBe(1);
  });

  it('is left to the manager when that is back before the delay is over', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Delay: 3600e9 }));
    await exit(task, 5);
    expect(bench.last(task)?.state).toBe(TaskState.running);
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (5)', restarts: undefined });
    expect(starts()).toBe(1);
  });

  it('is not started any more when the manager is back while it waits its turn', async () => {
    const task = await cutOffWhileRunning();
    bench.engine.hold('start');
    await exit(task, 5);
    await bench.complete(task);
    expect(bench.engine.of(task.id)?.phase).toBe('exited');
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (5)' });
  });

  it('is not reported as failed when a manager is back that wants it stopped', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Delay: 3600e9 }));
    await exit(task, 5);
    await bench.complete(as(task, TaskState.shutdown));
    expect(bench.last(task)).toMatchObject({ state: 'shutdown', err: '' });
  });

  it('fails as usual once a manager is back', async () => {
    const task = await cutOffWhileRunning();
    await exit(task, 1);
    await bench.complete(task);
    expect(bench.last(task)).toMatchObject({ state: 'running', restarts: 1 });
    await exit(task, 2);
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (2)', restarts: 1 });
  });

  it('is left alone when it had ended before', async () => {
    const task = await bench.running(withPolicy({ Delay: 0 }));
    await exit(task, 1);
    await bench.cutOff();
    expect(bench.last(task)?.state).toBe(TaskState.failed);
    expect(starts()).toBe(1);
  });

  it('for its check is stopped and started again, and may become unhealthy once more', async () => {
    bench.engine.startsWithHealth = 'healthy';
    const task = await cutOffWhileRunning();
    for (const restarts of [1, 2]) {
      bench.engine.sicken(task.id, 'unhealthy');
      await settled();
      expect(bench.engine.of(task.id)).toMatchObject({ phase: 'running', health: 'healthy' });
      expect(bench.last(task)).toMatchObject({ state: 'running', restarts });
    }
    expect(bench.last(task)?.message).toBe('restarted 2 times while no manager could be reached; it was unhealthy');
  });

  it('has failed once more when it cannot be started again', async () => {
    const task = await cutOffWhileRunning(withPolicy({ Delay: 0, MaxAttempts: 1 }));
    bench.engine.failNext('start', FAILED, FAILED, FAILED, FAILED, FAILED);
    await exit(task, 4);
    for (let tries = 0; tries < 5; tries++) await bench.retry();
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (4)' });
  });

  it('while the manager wanted it stopped is not started again', async () => {
    const task = await bench.running(withPolicy({ Delay: 0 }));
    await bench.change([as(task, TaskState.shutdown)]);
    await bench.cutOff();
    expect(bench.engine.of(task.id)?.phase).toBe('exited');
    expect(bench.last(task)?.state).toBe(TaskState.shutdown);
  });
});

describe('a task of a job', () => {
  it.each([
    [0, TaskState.complete],
    [3, TaskState.failed],
  ])('that ends with %i is %s', async (exitCode, state) => {
    const task = await bench.running({ desired: TaskState.complete });
    bench.engine.exit(task.id, exitCode);
    await settled();
    expect(bench.last(task)?.state).toBe(state);
  });

  it('that is done stays so while no manager can be reached', async () => {
    const task = await bench.running({ desired: TaskState.complete, spec: { RestartPolicy: { Condition: 'any', Delay: 0 } } });
    await bench.cutOff();
    bench.engine.exit(task.id, 0);
    await settled();
    expect(bench.last(task)?.state).toBe(TaskState.complete);
  });
});

describe('an engine in trouble', () => {
  it('is waited for', async () => {
    const task = aTask();
    bench.engine.failNext('prepare', AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY);
    await bench.complete(task);
    for (let tries = 0; tries < 7; tries++) await bench.retry();
    expect(bench.states(task)).toEqual(['accepted', 'preparing', 'ready', 'starting', 'running']);
  });

  it('is believed when it keeps failing to make a container', async () => {
    const task = aTask();
    bench.engine.failNext('prepare', FAILED, FAILED, FAILED, FAILED, FAILED);
    await bench.complete(task);
    for (let tries = 0; tries < 5; tries++) await bench.retry();
    expect(bench.last(task)).toMatchObject({ state: 'rejected', err: 'the engine failed' });
  });

  it('is believed when it keeps failing to start a container', async () => {
    const task = aTask();
    bench.engine.failNext('start', FAILED, FAILED, FAILED, FAILED, FAILED);
    await bench.complete(task);
    for (let tries = 0; tries < 5; tries++) await bench.retry();
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'starting container failed: the engine failed' });
  });

  it('is looked at again when a call may have worked although it failed', async () => {
    const task = await bench.running();
    bench.engine.failNext('stop', AWAY);
    bench.engine.changeUnnoticed(task.id, { phase: 'exited', exitCode: 137 });
    await bench.change([as(task, TaskState.shutdown)]);
    await bench.retry();
    expect(bench.last(task)?.state).toBe(TaskState.shutdown);
  });

  it('tells what happened while its events were lost', async () => {
    const task = await bench.running();
    bench.engine.changeUnnoticed(task.id, { phase: 'exited', exitCode: 9 });
    await settled();
    expect(bench.last(task)?.state).toBe(TaskState.running);
    await bench.compare();
    expect(bench.last(task)).toMatchObject({ state: 'failed', err: 'task: non-zero exit (9)' });
  });
});

it('forward is the only way, whatever the manager says and the engine does', async () => {
  const task = await bench.running();
  await bench.change([{ ...task, status: { ...(task.status as TaskStatus), state: TaskState.preparing } }]);
  bench.engine.exit(task.id, 1);
  await bench.change([as(task, TaskState.ready)]);
  await bench.change([as(task, TaskState.running)]);
  const ranks = bench.states(task).map((state) => stateRank(state ?? TaskState.new));
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(isTerminal(bench.last(task)?.state ?? TaskState.new)).toBe(true);
});

describe('credentials for the registry', () => {
  const { serviceId } = aTask();

  /** What another task of the service would pull with now. */
  const remembered = async (): Promise<string | undefined> => {
    await bench.change([aTask()]);
    return bench.engine.preparedWith.at(-1);
  };

  it('go with the pull, and are forgotten after it', async () => {
    await bench.change([aTask()], [], { [serviceId]: 'auth1' });
    expect(bench.engine.preparedWith).toEqual(['auth1']);
    expect(await remembered()).toBeUndefined();
  });

  it('are kept while any task of the service has to pull', async () => {
    bench.engine.hold('prepare');
    await bench.change([aTask(), aTask()], [], { [serviceId]: 'auth1' });
    expect(await remembered()).toBe('auth1');
    bench.engine.release('prepare');
    await bench.change([]);
    expect(await remembered()).toBeUndefined();
  });

  it('are replaced by newer ones, which the next try has', async () => {
    const task = aTask();
    bench.engine.failNext('prepare', ...Array.from({ length: 20 }, () => AWAY));
    const tried: (string | undefined)[] = [];
    for (const auth of ['old', 'new', '']) {
      await bench.change(tried.length === 0 ? [task] : [], [], { [serviceId]: auth });
      await bench.retry();
      tried.push(bench.engine.preparedWith.at(-1));
    }
    expect(tried).toEqual(['old', 'new', undefined]);
  });

  it.each([
    ['whose image is not to be had', new DomainError('FAILED_PRECONDITION', 'no such image')],
    ['that is refused', new DomainError('INVALID_ARGUMENT', 'bad mount')],
  ])('are forgotten with a task %s', async (_what, error) => {
    bench.engine.failNext('prepare', error);
    await bench.change([aTask()], [], { [serviceId]: 'auth1' });
    expect(await remembered()).toBeUndefined();
  });

  it('are forgotten with a task that the manager takes back', async () => {
    const task = aTask();
    bench.engine.failNext('prepare', AWAY);
    await bench.change([task], [], { [serviceId]: 'auth1' });
    await bench.change([], [task.id]);
    expect(await remembered()).toBeUndefined();
  });

  it('that are none of ours or came for nothing are not kept', async () => {
    await bench.running();
    await bench.change([], [], { [serviceId]: 'auth1' });
    expect(await remembered()).toBeUndefined();
    bench.engine.hold('prepare');
    await bench.change([aTask()], [], { [serviceId]: 'a\r\nHost: b' });
    expect(bench.engine.preparedWith.at(-1)).toBeUndefined();
  });
});
