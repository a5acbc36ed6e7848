import fc from 'fast-check';
import { isTerminal, observedState, restartBackoffMs, TaskState } from '#common/domain';
import { RebalanceRequest, UpdateStatus_State, type Service, type Task } from '#common/proto';
import { SimulatedCluster } from '../../apps/manager/src/orchestrator/testing/simulated-cluster';
import { EventLog, type WatchedView } from '../../apps/manager/src/api/events/event-log';
import { faultyNodes, failuresOf, MAX_FAILURES } from '../../apps/manager/src/scheduler/failures';
import { aNode, aService, aTask, NOW } from '../../apps/manager/src/testing/builders';
import type { ClusterView, ViewChange } from '#common/store';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const RUNS = Math.min(Number(process.env.SECURITY_RUNS ?? 500) / 10, 1_000);
const JUMPS = [HOUR, -HOUR, 400 * DAY, -400 * DAY];
const anyJump = fc.constantFrom(...JUMPS);

/** A leader that looks every second, and agents that take a step each; the clock is set before some of the looks. */
class ClusterWithClock {
  readonly cluster: SimulatedCluster;
  /** By the clock that nobody sets. */
  steadyMs = 0;

  constructor(
    service: Service,
    private readonly jumps: ReadonlyMap<number, number> = new Map(),
  ) {
    this.cluster = new SimulatedCluster(service, [aNode('a'), aNode('b')]);
  }

  /** @param outcome what a container does that runs */
  second(outcome: (task: Task) => 'runs' | 'fails' = () => 'runs'): void {
    const jump = this.jumps.get(this.steadyMs / SECOND);
    if (jump !== undefined) this.cluster.setClock(jump);
    this.cluster.reconcile();
    for (const task of this.cluster.list()) this.cluster.step(task, outcome(task));
    this.cluster.now += SECOND;
    this.steadyMs += SECOND;
  }

  get states(): string[] {
    return this.cluster
      .list()
      .filter(({ desiredState }) => !isTerminal(desiredState))
      .map((task) => observedState(task));
  }
}

/** At which looks the clock is set, and by how much. */
const anyJumps = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), anyJump), { minLength: 1, maxLength: 3 })
  .map((jumps) => new Map(jumps));

describe('promise 19: whenever the clock under the leader is set, and by however much', () => {
  it('an update of what runs completes, and watches each task for as long as the policy says', () =>
    fc.assert(
      fc.property(anyJumps, (jumps) => {
        const monitorS = 3;
        const spec = { updateConfig: { parallelism: 1, delay: 0, monitor: monitorS * 1e9, failureAction: 'pause' } };
        const old = aService({ replicas: 2, version: 1, spec });
        const world = new ClusterWithClock(old, jumps);
        for (let i = 0; i < 5; i++) world.second();
        world.cluster.service = aService({
          replicas: 2,
          version: 2,
          spec: { ...spec, taskTemplate: { containerSpec: { image: 'busybox:2' } } },
        });
        let lastStartS = 0;
        const stateOf = (): UpdateStatus_State | undefined => world.cluster.service?.updateStatus?.state;
        let running = 0;
        for (let i = 0; i < 120 && stateOf() !== UpdateStatus_State.completed; i++) {
          world.second();
          const now = world.cluster
            .list()
            .filter((task) => task.serviceVersion === 2 && observedState(task) === TaskState.running);
          if (now.length > running) lastStartS = world.steadyMs / SECOND;
          running = now.length;
          expect(stateOf()).not.toBe(UpdateStatus_State.paused);
        }
        expect(stateOf()).toBe(UpdateStatus_State.completed);
        expect(world.steadyMs / SECOND - lastStartS).toBeGreaterThanOrEqual(monitorS - 1);
      }),
      { numRuns: RUNS },
    ));

  it('an update waits for a task that is on its way for the whole deadline, and not for much more', () =>
    fc.assert(
      fc.property(anyJumps, (jumps) => {
        const spec = {
          labels: { 'swarmctl.progress-deadline': '100s' },
          updateConfig: { parallelism: 1, failureAction: 'pause' },
        };
        const world = new ClusterWithClock(aService({ version: 1, spec }), jumps);
        for (let i = 0; i < 5; i++) world.second();
        const unplaceable = { containerSpec: { image: 'busybox:2' }, placement: { constraints: ['node.id==nowhere'] } };
        world.cluster.service = aService({ version: 2, spec: { ...spec, taskTemplate: unplaceable } });
        const beganS = world.steadyMs / SECOND;
        while (world.cluster.service?.updateStatus?.state !== UpdateStatus_State.paused) {
          world.second();
          expect(world.steadyMs / SECOND).toBeLessThan(400);
        }
        const lastJumpS = Math.max(beganS, ...jumps.keys());
        expect(world.steadyMs / SECOND - beganS).toBeGreaterThanOrEqual(100);
        expect(world.steadyMs / SECOND - lastJumpS).toBeLessThanOrEqual(100 + 5);
      }),
      { numRuns: RUNS },
    ));

  it('a task that fails again and again waits its growing delay, once more in full at most for each jump', () =>
    fc.assert(
      fc.property(anyJumps, (jumps) => {
        const world = new ClusterWithClock(aService(), jumps);
        const bornAt = new Map<string, number>();
        const waited: { failures: number; seconds: number }[] = [];
        for (let i = 0; i < 150; i++) {
          for (const { id } of world.cluster.list()) if (!bornAt.has(id)) bornAt.set(id, world.steadyMs);
          const parked = world.cluster.list().filter(({ desiredState }) => desiredState === TaskState.ready);
          world.second(() => 'fails');
          for (const { id, failures } of parked) {
            if (world.cluster.tasks.get(id)?.desiredState !== TaskState.running) continue;
            waited.push({ failures, seconds: (world.steadyMs - (bornAt.get(id) ?? 0)) / SECOND });
          }
        }
        expect(waited.length).toBeGreaterThan(2);
        for (const { failures, seconds } of waited) {
          const delayS = restartBackoffMs(failures) / SECOND;
          expect(seconds).toBeGreaterThanOrEqual(delayS);
          expect(seconds).toBeLessThanOrEqual((1 + jumps.size) * delayS + 5);
        }
      }),
      { numRuns: RUNS },
    ));

  it('the newest tasks of a slot are its history, and the newest is the one that is followed', () =>
    fc.assert(
      fc.property(anyJumps, (jumps) => {
        const world = new ClusterWithClock(aService({ spec: { taskTemplate: { restartPolicy: { delay: 0 } } } }), jumps);
        for (let i = 0; i < 80; i++) world.second(() => 'fails');
        const kept = world.cluster.list().map(({ generation }) => generation);
        const newest = Math.max(...kept);
        expect(newest).toBeGreaterThan(10);
        expect(kept.sort((a, b) => b - a)).toEqual(kept.map((_, index) => newest - index));
      }),
      { numRuns: RUNS },
    ));

  it.each(JUMPS)('a task that waits for its predecessor to stop goes on waiting: %d ms', (jump) => {
    const world = new ClusterWithClock(aService(), new Map([[8, jump]]));
    for (let i = 0; i < 5; i++) world.second();
    world.cluster.service = aService({ version: 2, spec: { taskTemplate: { containerSpec: { image: 'busybox:2' } } } });
    // The predecessor does not stop.
    const stuck = world.cluster.list()[0] as Task;
    for (let i = 0; i < 30; i++) {
      world.second();
      world.cluster.tasks.set(stuck.id, { ...(world.cluster.tasks.get(stuck.id) ?? stuck), status: stuck.status });
    }
    expect(world.cluster.list().map(({ desiredState }) => desiredState)).toEqual([TaskState.shutdown, TaskState.ready]);
    for (let i = 0; i < 60; i++) world.second();
    expect(world.states).toEqual([TaskState.running]);
  });

  it.each([-HOUR, -400 * DAY])('attempts that were made long ago are forgiven: %d ms', (jump) => {
    const restartPolicy = { delay: 0, maxAttempts: 2, window: 30e9 };
    const world = new ClusterWithClock(aService({ spec: { taskTemplate: { restartPolicy } } }), new Map([[50, jump]]));
    let failed = 0;
    const isUp = (task: Task): boolean => observedState(task) === TaskState.running;
    for (let i = 0; i < 100; i++) {
      // Both attempts before the clock is set, and one more failure a moment later.
      const mayFail = world.steadyMs > 51 * SECOND ? 3 : 2;
      world.second((task) => (isUp(task) && failed < mayFail && ++failed > 0 ? 'fails' : 'runs'));
    }
    expect(failed).toBe(3);
    expect(world.states).toEqual([TaskState.running]);
  });

  it.each(JUMPS)('a request to spread tasks does not lapse: %d ms', (jump) => {
    const world = new ClusterWithClock(aService({ replicas: 2 }), new Map([[10, jump]]));
    for (let i = 0; i < 5; i++) world.second();
    world.cluster.rebalance = RebalanceRequest.fromPartial({ requestedAt: new Date(world.cluster.now).toISOString() });
    // One task never gets to run, so that the request cannot begin.
    const held = world.cluster.list()[0] as Task;
    const hold = (): unknown => world.cluster.observe(held, TaskState.ready);
    for (let i = 0; i < 20; i++) {
      hold();
      world.second();
      hold();
    }
    expect(world.cluster.rebalance).toBeDefined();
  });

  it.each([
    { name: 'count while they are new, by a clock that is a little ahead', msAgo: -2 * SECOND, faulty: 1 },
    { name: 'do not count for as long as the clock was set back', msAgo: -HOUR, faulty: 0 },
    { name: 'do not count when they are old', msAgo: HOUR, faulty: 0 },
  ])('failures on a node $name', ({ msAgo, faulty }) => {
    const at = new Date(NOW - msAgo).toISOString();
    const failed = aTask({ state: TaskState.failed });
    const tasks = Array.from({ length: MAX_FAILURES }, () => ({ ...failed, status: { ...failed.status!, appliedAt: at } }));
    expect(faultyNodes([{ node: { id: 'a' }, failures: failuresOf(tasks) }], failed, NOW).size).toBe(faulty);
  });
});

describe('promise 19: events, while the clock is set', () => {
  /** A log of the nodes that come, and the clock it goes by. */
  function aLog(): { log: EventLog; come(id: string): void; clock: { now: number } } {
    const nodes = new Map<string, ReturnType<typeof aNode>>();
    const clock = { now: NOW };
    let tell: (changes: ViewChange[]) => void = () => undefined;
    const none = { get: () => undefined, all: () => [] };
    const view = {
      revision: 1,
      ...{ node: (id: string) => nodes.get(id), nodes: () => [...nodes.values()] },
      ...{ services: () => [], networks: () => [], tasks: () => [], secrets: none, configs: none },
    } as unknown as ClusterView;
    const store: WatchedView = { view, onChange: (listener) => ((tell = listener), () => undefined) };
    const log = new EventLog(store, () => new Date(clock.now));
    const come = (id: string): void => {
      nodes.set(id, aNode(id));
      tell([{ kind: 'node', id } as ViewChange]);
    };
    return { log, come, clock };
  }

  it.each(JUMPS)('none is missed by one who resumes by the time of the last: %d ms', (jump) => {
    const { log, come, clock } = aLog();
    for (const id of ['a', 'b', 'c']) come(id);
    const last = log.since(0n).at(-1)?.timeNanos ?? 0n;
    clock.now += jump;
    for (const id of ['d', 'e']) come(id);
    expect(log.since(last).map(({ id }) => id)).toEqual(['c', 'd', 'e']);
    expect(log.since(last + 1n).map(({ id }) => id)).toEqual(['d', 'e']);
  });

  it.each(JUMPS)('each has the time at which it happened, and one of its own: %d ms', (jump) => {
    const { log, come, clock } = aLog();
    come('a');
    clock.now += jump;
    for (const id of ['b', 'c']) come(id);
    const times = log.since(0n).map(({ timeNanos }) => timeNanos);
    expect(times.map((nanos) => Number(nanos / 1_000_000n) - NOW)).toEqual([0, jump, jump]);
    expect(new Set(times).size).toBe(3);
  });
});
