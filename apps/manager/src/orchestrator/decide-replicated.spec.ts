import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import { UpdateStatus_State, type Service, type Task, type TaskStatus } from '#common/proto';
import type { Change, Plan } from './change';
import { decideService } from './decide-service';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW } from '../testing/builders';

const inputs = () => ({ now: NOW, newId: countingIds() });
const { running, ready, shutdown, remove, failed, complete, rejected, pending, starting } = TaskState;

function created(plan: Plan): { slot: number; desired: TaskState }[] {
  return plan.changes.flatMap((change) =>
    change.kind === 'createTask' ? [{ slot: change.task.slot, desired: change.task.desiredState }] : [],
  );
}

function moved(plan: Plan): [string, TaskState][] {
  return plan.changes.flatMap((change) => (change.kind === 'setDesiredState' ? [[change.task.id, change.to]] : []));
}

function deleted(plan: Plan): string[] {
  return plan.changes.flatMap((change) => (change.kind === 'deleteTask' ? [change.taskId] : []));
}

const updateState = (plan: Plan): UpdateStatus_State | undefined =>
  plan.changes.flatMap((change: Change) => (change.kind === 'setUpdateStatus' ? [change.status.state] : []))[0];

describe('scaling', () => {
  it('creates a running task for each missing slot, the lowest free numbers first', () => {
    const service = aService({ replicas: 4 });
    const plan = decideService(aSnapshot(service, [aTask({ slot: 2, service })]), inputs());
    expect(created(plan)).toEqual([1, 3, 4].map((slot) => ({ slot, desired: running })));
  });

  it('places nothing when scaled to zero', () => {
    expect(created(decideService(aSnapshot(aService({ replicas: 0 }), []), inputs()))).toEqual([]);
  });

  it.each([
    { name: 'a task that does not run', tasks: { a1: starting, b2: running, c3: running }, removed: ['a1'] },
    { name: 'the highest slot when all is even', tasks: { a1: running, b2: running, c3: running }, removed: ['c3'] },
    { name: 'from the fullest node', tasks: { a1: running, a2: running, b3: running }, removed: ['a2'] },
  ])('gives up first $name', ({ tasks, removed }) => {
    const service = aService({ replicas: 2 });
    const list = Object.entries(tasks).map(([id, state]) =>
      aTask({ id, nodeId: id[0] as string, slot: Number(id[1]), state, service }),
    );
    const plan = decideService(aSnapshot(service, list), inputs());
    expect(moved(plan)).toEqual(removed.map((id) => [id, remove]));
  });

  it('leaves tasks alone that are still starting when more are wanted', () => {
    const service = aService({ replicas: 8 });
    const tasks = [1, 2, 3, 4, 5].map((slot) => aTask({ id: `t${slot}`, slot, state: starting, service }));
    const plan = decideService(aSnapshot(service, tasks), inputs());
    expect(moved(plan)).toEqual([]);
    expect(created(plan).map(({ slot }) => slot)).toEqual([6, 7, 8]);
  });

  it('stops the older of two tasks that are active in one slot', () => {
    const service = aService();
    const tasks = [
      aTask({ id: 'newer', createdMsAgo: 1_000, service }),
      aTask({ id: 'older', createdMsAgo: 9_000, nodeId: 'b', service }),
    ];
    expect(moved(decideService(aSnapshot(service, tasks), inputs()))).toEqual([['older', shutdown]]);
  });

  it('removes the history of a slot along with it', () => {
    const service = aService({ replicas: 0 });
    const tasks = [aTask({ id: 'old', state: failed, desired: shutdown, service }), aTask({ id: 'new', service })];
    expect(
      moved(decideService(aSnapshot(service, tasks), inputs()))
        .map(([id]) => id)
        .sort(),
    ).toEqual(['new', 'old']);
  });
});

describe('a task that has ended', () => {
  const restart = (condition: string, delaySeconds = 5) => ({
    taskTemplate: { restartPolicy: { condition, delay: delaySeconds * 1e9 } },
  });

  it.each([
    { condition: 'any', state: complete, restarted: true },
    { condition: 'any', state: failed, restarted: true },
    { condition: 'on-failure', state: complete, restarted: false },
    { condition: 'on-failure', state: failed, restarted: true },
    { condition: 'on-failure', state: rejected, restarted: true },
    { condition: 'none', state: failed, restarted: false },
  ])('with restart condition $condition in state $state is restarted: $restarted', ({ condition, state, restarted }) => {
    const service = aService({ spec: restart(condition) });
    const plan = decideService(aSnapshot(service, [aTask({ id: 'old', state, service })]), inputs());
    expect(moved(plan)).toEqual([['old', shutdown]]);
    expect(created(plan)).toEqual(restarted ? [{ slot: 1, desired: ready }] : []);
  });

  describe('with at most two attempts', () => {
    const service = (windowSeconds = 0) =>
      aService({
        spec: { taskTemplate: { restartPolicy: { condition: 'any', delay: 1e9, maxAttempts: 2, window: windowSeconds * 1e9 } } },
      });
    const endedAgo = (seconds: number, desired: TaskState, of: Service): Task => {
      const task = aTask({ id: `e${seconds}`, state: failed, desired, createdMsAgo: seconds * 1_000 + 500, service: of });
      return { ...task, status: { ...(task.status as TaskStatus), timestamp: new Date(NOW - seconds * 1_000).toISOString() } };
    };

    it.each([
      { name: 'is restarted a second time', before: [20], window: 0, restarted: true },
      { name: 'is not restarted a third time', before: [30, 20], window: 0, restarted: false },
      { name: 'is restarted when the earlier attempts are before the window', before: [300, 200], window: 60, restarted: true },
      { name: 'is not restarted when they are within it', before: [30, 20], window: 60, restarted: false },
    ])('$name', ({ before, window, restarted }) => {
      const of = service(window);
      const tasks = [...before.map((seconds) => endedAgo(seconds, shutdown, of)), endedAgo(1, running, of)];
      expect(created(decideService(aSnapshot(of, tasks), inputs()))).toHaveLength(restarted ? 1 : 0);
    });

    it('starts counting anew with a new version of the service', () => {
      const old = service();
      const tasks = [endedAgo(30, shutdown, old), endedAgo(20, shutdown, old), endedAgo(10, shutdown, old)];
      const changed = {
        ...service(),
        version: { index: 2 },
        spec: aService({ spec: { taskTemplate: { forceUpdate: 1 } } }).spec,
      };
      expect(created(decideService(aSnapshot(changed, tasks), inputs()))).toHaveLength(1);
    });
  });

  it('is not restarted later either, once the policy has refused', () => {
    const service = aService({ spec: restart('none') });
    const ended = aTask({ state: failed, desired: shutdown, service });
    expect(decideService(aSnapshot(service, [ended]), inputs()).changes).toEqual([]);
  });

  it.each([
    { createdMsAgo: 2_000, starts: false, requeueAfterMs: 3_000 },
    { createdMsAgo: 5_000, starts: true, requeueAfterMs: undefined },
  ])('has its successor start after the delay ($createdMsAgo ms on)', ({ createdMsAgo, starts, requeueAfterMs }) => {
    const service = aService({ spec: restart('any') });
    const ended = aTask({ id: 'old', state: failed, desired: shutdown, service });
    const parked = { ...aTask({ id: 'new', state: ready, desired: ready, createdMsAgo, service }), failures: 1 };
    const plan = decideService(aSnapshot(service, [ended, parked]), inputs());
    expect(moved(plan)).toEqual(starts ? [['new', running]] : []);
    expect(plan.requeueAfterMs).toBe(requeueAfterMs);
  });

  it('waits out the delay also where the service was scaled before it failed', () => {
    const service = aService({ spec: restart('any'), version: 1 });
    const scaled = aService({ spec: restart('any'), version: 2 });
    const ended = aTask({ id: 'old', state: failed, desired: shutdown, service });
    const parked = { ...aTask({ id: 'new', state: ready, desired: ready, createdMsAgo: 2_000, service: scaled }), failures: 1 };
    const plan = decideService(aSnapshot(scaled, [ended, parked]), inputs());
    expect(plan).toEqual({ changes: [], requeueAfterMs: 3_000 });
  });

  it('waits out the delay before a successor that failed while being prepared is followed by another', () => {
    const service = aService({ spec: restart('any') });
    const first = aTask({ id: 'first', state: rejected, desired: shutdown, createdMsAgo: 9_000, service });
    const second = aTask({ id: 'second', state: rejected, desired: ready, createdMsAgo: 1_000, service });
    const plan = decideService(aSnapshot(service, [first, second]), inputs());
    expect(plan).toEqual({ changes: [], requeueAfterMs: 4_000 });
  });

  it('has its successor start although it was created by a leader whose clock was an hour ahead', () => {
    const service = aService({ spec: restart('any') });
    const ended = aTask({ id: 'old', state: failed, desired: shutdown, createdMsAgo: -3_600_000, service });
    const parked = aTask({ id: 'new', state: ready, desired: ready, createdMsAgo: -3_600_001, service });
    expect(moved(decideService(aSnapshot(service, [ended, parked]), inputs()))).toEqual([['new', running]]);
  });
});

describe('a node that its tasks must leave', () => {
  it.each([
    { name: 'down', node: aNode('a', { state: NodeState.down }), successor: running },
    { name: 'drained', node: aNode('a', { availability: NodeAvailability.drain }), successor: ready },
  ])('$name: the task is replaced, desired $successor', ({ node, successor }) => {
    const service = aService();
    const plan = decideService(aSnapshot(service, [aTask({ id: 'old', service })], [node, aNode('b')]), inputs());
    expect(moved(plan)).toEqual([['old', shutdown]]);
    expect(created(plan)).toEqual([{ slot: 1, desired: successor }]);
  });

  it('removed from the cluster: its tasks are replaced at once', () => {
    const service = aService();
    const plan = decideService(aSnapshot(service, [aTask({ id: 'old', service, nodeId: 'gone' })]), inputs());
    expect(created(plan)).toEqual([{ slot: 1, desired: running }]);
  });

  it.each([NodeState.unknown, NodeState.disconnected])('state %s moves nothing', (state) => {
    const service = aService();
    const plan = decideService(aSnapshot(service, [aTask({ service })], [aNode('a', { state })]), inputs());
    expect(plan.changes).toEqual([]);
  });

  const ssdOnly = { taskTemplate: { placement: { constraints: ['node.labels.disk==ssd'] } } };

  it.each([
    { name: 'no longer satisfies the constraints', disk: 'hdd', moves: true },
    { name: 'still does', disk: 'ssd', moves: false },
  ])('$name: the task moves: $moves', ({ disk, moves }) => {
    const service = aService({ spec: ssdOnly });
    const nodes = [aNode('a', { labels: { disk } }), aNode('b', { labels: { disk: 'ssd' } })];
    const plan = decideService(aSnapshot(service, [aTask({ id: 'old', service })], nodes), inputs());
    expect(moved(plan)).toEqual(moves ? [['old', shutdown]] : []);
    expect(created(plan)).toEqual(moves ? [{ slot: 1, desired: ready }] : []);
  });

  it('has less than is reserved on it: the tasks that are too many move', () => {
    const service = aService({ replicas: 2 });
    const tasks = [1, 2].map((slot) => aTask({ id: `old${slot}`, slot, service }));
    const snapshot = aSnapshot(service, tasks, undefined, (task) => task.id === 'old2');
    expect(moved(decideService(snapshot, inputs()))).toEqual([['old2', shutdown]]);
  });

  it.each([
    { parallelism: 1, stopped: ['old1'] },
    { parallelism: 2, stopped: ['old1', 'old2'] },
    { parallelism: 0, stopped: ['old1', 'old2', 'old3'] },
  ])('is left as the parallelism of updates allows ($parallelism)', ({ parallelism, stopped }) => {
    const service = aService({ replicas: 3, spec: { updateConfig: { parallelism } } });
    const tasks = [1, 2, 3].map((slot) => aTask({ id: `old${slot}`, slot, service }));
    const nodes = [aNode('a', { availability: NodeAvailability.drain }), aNode('b')];
    const plan = decideService(aSnapshot(service, tasks, nodes), inputs());
    expect(moved(plan).map(([id]) => id)).toEqual(stopped);
  });

  it('is left by all tasks, also where the first of them finds no other place', () => {
    const service = aService({ replicas: 2 });
    const held = aTask({ id: 'held', slot: 1, nodeId: '', state: pending, service, createdMsAgo: 10 });
    held.status = { ...(held.status as TaskStatus), err: 'no suitable node' };
    const tasks = [
      aTask({ id: 'gone', slot: 1, state: shutdown, desired: shutdown, service }),
      held,
      aTask({ id: 'old2', slot: 2, service }),
    ];
    const nodes = [aNode('a', { availability: NodeAvailability.drain })];
    expect(moved(decideService(aSnapshot(service, tasks, nodes), inputs()))).toEqual([['old2', shutdown]]);
  });

  it('paused keeps its tasks', () => {
    const service = aService();
    const node = aNode('a', { availability: NodeAvailability.pause });
    expect(decideService(aSnapshot(service, [aTask({ service })], [node]), inputs()).changes).toEqual([]);
  });
});

describe('a changed spec', () => {
  const before = aService({ replicas: 3, version: 1 });
  const after = (spec = {}) =>
    aService({ replicas: 3, version: 2, spec: { taskTemplate: { containerSpec: { image: 'busybox:2' } }, ...spec } });
  const threeOld = (): Task[] => [1, 2, 3].map((slot) => aTask({ id: `old${slot}`, slot, service: before }));

  it('replaces one task at a time, stop-first, and says that it is updating', () => {
    const plan = decideService(aSnapshot(after(), threeOld()), inputs());
    expect(moved(plan)).toEqual([['old1', shutdown]]);
    expect(created(plan)).toEqual([{ slot: 1, desired: ready }]);
    expect(updateState(plan)).toBe(UpdateStatus_State.updating);
  });

  it.each([
    { parallelism: 2, replaced: 2 },
    { parallelism: 0, replaced: 3 },
  ])('replaces $replaced at once with parallelism $parallelism', ({ parallelism, replaced }) => {
    const service = after({ updateConfig: { parallelism } });
    expect(created(decideService(aSnapshot(service, threeOld()), inputs()))).toHaveLength(replaced);
  });

  it('does not go on while a replacement is not running yet', () => {
    const service = after();
    const tasks = [...threeOld().slice(1), aTask({ id: 'new1', slot: 1, state: starting, service, createdMsAgo: 10 })];
    const plan = decideService(aSnapshot(service, tasks), inputs());
    expect(plan.changes.filter(({ kind }) => kind !== 'setUpdateStatus')).toEqual([]);
  });

  it('is not held up by an outdated task that does not run anyway', () => {
    const service = after();
    const tasks = [
      aTask({ id: 'new1', slot: 1, state: starting, service, createdMsAgo: 10 }),
      aTask({ id: 'old2', slot: 2, state: pending, nodeId: '', service: before }),
      aTask({ id: 'old3', slot: 3, service: before }),
    ];
    expect(moved(decideService(aSnapshot(service, tasks), inputs()))).toEqual([['old2', shutdown]]);
  });

  it('is completed when every task runs the new spec', () => {
    const status = { state: UpdateStatus_State.updating, startedAt: '', completedAt: '', message: '', serviceVersion: 2 };
    const service = { ...after(), updateStatus: status };
    const tasks = [1, 2, 3].map((slot) => aTask({ slot, service }));
    expect(updateState(decideService(aSnapshot(service, tasks), inputs()))).toBe(UpdateStatus_State.completed);
  });

  it('that only scales is no update', () => {
    const service = aService({ replicas: 4, version: 2 });
    const plan = decideService(aSnapshot(service, threeOld()), inputs());
    expect(moved(plan)).toEqual([]);
    expect(updateState(plan)).toBeUndefined();
  });

  it('of the placement leaves tasks alone whose node satisfies it', () => {
    const service = aService({
      replicas: 1,
      version: 2,
      spec: { taskTemplate: { containerSpec: { image: 'busybox:latest' }, placement: { constraints: ['node.hostname!=c'] } } },
    });
    const old = aTask({ id: 'old', nodeId: 'a', service: aService() });
    expect(decideService(aSnapshot(service, [old]), inputs()).changes).toEqual([]);
    const onC = aTask({ id: 'old', nodeId: 'c', service: aService() });
    expect(moved(decideService(aSnapshot(service, [onC]), inputs()))).toEqual([['old', shutdown]]);
  });
});

describe('a changed spec, start-first', () => {
  const before = aService({ replicas: 2, version: 1 });
  const order = { updateConfig: { order: 'start-first' } };
  const changed = { taskTemplate: { containerSpec: { image: 'busybox:2' } } };
  const service = aService({ replicas: 2, version: 2, spec: { ...changed, ...order } });
  const old = (slot: number, options = {}): Task => aTask({ id: `old${slot}`, slot, service: before, ...options });

  it('starts the new task beside the old one', () => {
    const plan = decideService(aSnapshot(service, [old(1), old(2)]), inputs());
    expect(moved(plan)).toEqual([]);
    expect(created(plan)).toEqual([{ slot: 1, desired: running }]);
  });

  it('keeps the old one while the new one starts, and goes on to no other', () => {
    const fresh = aTask({ id: 'new1', slot: 1, state: starting, service, createdMsAgo: 10 });
    const plan = decideService(aSnapshot(service, [old(1), fresh, old(2)]), inputs());
    expect([moved(plan), created(plan)]).toEqual([[], []]);
  });

  it('stops the old one once the new one runs', () => {
    const fresh = aTask({ id: 'new1', slot: 1, service, createdMsAgo: 10 });
    expect(moved(decideService(aSnapshot(service, [old(1), fresh, old(2)]), inputs()))).toContainEqual(['old1', shutdown]);
  });

  it('keeps the old one while the new one fails again and again', () => {
    const first = aTask({ id: 'new1', slot: 1, state: failed, service, createdMsAgo: 10 });
    const plan = decideService(aSnapshot(service, [old(1), first, old(2)]), inputs());
    expect(moved(plan)).toEqual([['new1', shutdown]]);
    expect(created(plan)).toEqual([{ slot: 1, desired: ready }]);
  });

  it('gives up on a version whose policy does not try again, and leaves the old one running', () => {
    const none = { taskTemplate: { ...changed.taskTemplate, restartPolicy: { condition: 'none' } }, ...order };
    const once = aService({ replicas: 1, version: 2, spec: none });
    const tried = aTask({ id: 'new1', slot: 1, state: failed, desired: shutdown, service: once, createdMsAgo: 10 });
    const plan = decideService(aSnapshot(once, [old(1), tried]), inputs());
    expect([moved(plan), created(plan)]).toEqual([[], []]);
  });

  it.each([
    { name: 'a host port', reason: 'no suitable node (host-mode port already in use on 3 nodes)', stops: true },
    { name: 'the last place on a node', reason: 'no suitable node (max replicas per node limit exceed)', stops: true },
    { name: 'memory that is scarce', reason: 'no suitable node (insufficient resources on 3 nodes)', stops: false },
  ])('where both would need $name, the old one stops first: $stops', ({ reason, stops }) => {
    const held = aTask({ id: 'new1', slot: 1, nodeId: '', state: pending, service, createdMsAgo: 10 });
    held.status = { ...(held.status as TaskStatus), err: reason };
    const plan = decideService(aSnapshot(service, [old(1), held, old(2)]), inputs());
    expect(moved(plan)).toEqual(stops ? [['old1', shutdown]] : []);
    const why = plan.changes.flatMap((change) => (change.kind === 'setDesiredState' ? [change.reason] : []));
    expect(why).toEqual(stops ? [expect.stringContaining(reason)] : []);
  });

  it('moves a task off a drained node without a gap', () => {
    const nodes = [aNode('a', { availability: NodeAvailability.drain }), aNode('b')];
    const same = aService({ replicas: 1, spec: order });
    const plan = decideService(aSnapshot(same, [aTask({ id: 'here', service: same })], nodes), inputs());
    expect([moved(plan), created(plan)]).toEqual([[], [{ slot: 1, desired: running }]]);
  });
});

describe('a parked task', () => {
  const service = aService();
  it.each([
    { name: 'waits while the old one stops', old: { state: running }, starts: false },
    { name: 'starts when the old one has stopped', old: { state: shutdown }, starts: true },
    { name: 'starts when the old one has not stopped for a minute', old: { state: running }, createdMsAgo: 60_000, starts: true },
    { name: 'starts when the old one is on a lost node', old: { state: running, nodeId: 'gone' }, starts: true },
  ])('$name', ({ old, createdMsAgo = 100, starts }) => {
    const tasks = [
      aTask({ id: 'old', desired: shutdown, createdMsAgo: 90_000, service, ...old }),
      aTask({ id: 'new', nodeId: 'b', state: ready, desired: ready, createdMsAgo, service }),
    ];
    const plan = decideService(aSnapshot(service, tasks), inputs());
    expect(moved(plan)).toEqual(starts ? [['new', running]] : []);
  });
});

describe('a parked task whose node is lost', () => {
  it('is followed by another parked one while the task before it still stops', () => {
    const service = aService();
    const tasks = [
      aTask({ id: 'stopping', nodeId: 'a', desired: shutdown, createdMsAgo: 5_000, service }),
      aTask({ id: 'parked', nodeId: 'b', state: ready, desired: ready, createdMsAgo: 1_000, service }),
    ];
    const nodes = [aNode('a'), aNode('b', { state: NodeState.down }), aNode('c')];
    const plan = decideService(aSnapshot(service, tasks, nodes), inputs());
    expect(moved(plan)).toEqual([['parked', shutdown]]);
    expect(created(plan)).toEqual([{ slot: 1, desired: ready }]);
  });
});

describe('a removed service', () => {
  it('takes its tasks along, and forgets each once it has stopped', () => {
    const tasks = [
      aTask({ id: 'running', slot: 1 }),
      aTask({ id: 'stopped', slot: 2, state: shutdown, desired: remove }),
      aTask({ id: 'unplaced', slot: 3, state: pending, nodeId: '', desired: remove }),
    ];
    const plan = decideService(aSnapshot(undefined, tasks), inputs());
    expect(moved(plan)).toEqual([['running', remove]]);
    expect(deleted(plan)).toEqual(['stopped', 'unplaced']);
  });
});
