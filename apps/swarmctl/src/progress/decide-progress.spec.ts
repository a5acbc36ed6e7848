import { Node, Service, Task } from '#common/proto';
import { aNode, aService, aTask } from '../testing/api-objects';
import type { ApiObject } from '../testing/fake-manager';
import { decideProgress, type Progress } from './decide-progress';

const NOW = Date.parse('2026-01-01T00:00:10Z');
const NODES = [
  aNode(),
  aNode({ ID: 'n2-id', Description: { Hostname: 'n2' } }),
  aNode({ ID: 'n3-id', Status: { State: 'down' } }),
];

function progressOf(service: ApiObject, tasks: ApiObject[]): Progress {
  const snapshot = {
    service: Service.fromJSON(service),
    tasks: tasks.map((task) => Task.fromJSON(task)),
    nodes: NODES.map((node) => Node.fromJSON(node)),
  };
  return decideProgress(snapshot, NOW);
}

const withMode = (Mode: ApiObject, more: ApiObject = {}): ApiObject => aService({ Spec: { Name: 'web', Mode }, ...more });
const slot = (Slot: number, State = 'running', more: ApiObject = {}): ApiObject =>
  aTask({ ID: `t${Slot}-${State}`, Slot, ...more }, { State });

describe('a replicated service', () => {
  it.each([
    { name: 'without tasks', tasks: [], done: 0, converged: false },
    { name: 'with all tasks running', tasks: [slot(1), slot(2)], done: 2, converged: true },
    { name: 'with one on its way', tasks: [slot(1), slot(2, 'preparing')], done: 1, converged: false },
    { name: 'with one too many', tasks: [slot(1), slot(2), slot(3)], done: 3, converged: false },
    {
      name: 'with one that is being stopped',
      tasks: [slot(1), slot(2, 'running', { DesiredState: 'shutdown' })],
      done: 1,
      converged: false,
    },
    {
      name: 'with history',
      tasks: [slot(1), slot(1, 'failed', { DesiredState: 'shutdown' }), slot(2)],
      done: 2,
      converged: true,
    },
    {
      name: 'with two tasks in a slot, one of which starts',
      tasks: [slot(1), slot(1, 'starting'), slot(2)],
      done: 1,
      converged: false,
    },
    {
      name: 'with a task on a node that is down',
      tasks: [slot(1), slot(2, 'running', { NodeID: 'n3-id' })],
      done: 1,
      converged: false,
    },
  ])('$name', ({ tasks, done, converged }) => {
    expect(progressOf(aService(), tasks)).toMatchObject({ done, desired: 2, converged, isJob: false });
  });

  it('that is scaled to nothing is done when nothing is left', () => {
    const service = withMode({ Replicated: { Replicas: 0 } });
    expect(progressOf(service, [slot(1)])).toMatchObject({ desired: 0, converged: false });
    expect(progressOf(service, [])).toMatchObject({ desired: 0, converged: true });
  });

  it('wants one task when it does not say', () => {
    expect(progressOf(withMode({ Replicated: {} }), [slot(1)])).toMatchObject({ desired: 1, converged: true });
  });

  it('lists its slots in order', () => {
    expect(progressOf(aService(), [slot(10), slot(2)]).places.map(({ place }) => place)).toEqual(['2', '10']);
  });
});

describe('the reason why a place is not done', () => {
  it.each([
    { name: 'the error of the task', tasks: [aTask({}, { State: 'starting', Err: 'unhealthy' })], reason: 'unhealthy' },
    {
      name: 'why no node takes it',
      tasks: [aTask({ NodeID: '' }, { State: 'pending', Err: 'no suitable node (insufficient resources on 3 nodes)' })],
      reason: 'no suitable node (insufficient resources on 3 nodes)',
    },
    {
      name: 'what a task that waits says',
      tasks: [aTask({ NodeID: '' }, { State: 'pending', Message: 'waiting' })],
      reason: 'waiting',
    },
    {
      name: 'the newest failure before',
      tasks: [
        aTask({ ID: 'c', CreatedAt: '2026-01-01T00:00:09Z' }, { State: 'preparing' }),
        aTask({ ID: 'a', CreatedAt: '2026-01-01T00:00:01Z', DesiredState: 'shutdown' }, { State: 'failed', Err: 'old' }),
        aTask(
          { ID: 'b', CreatedAt: '2026-01-01T00:00:05Z', DesiredState: 'shutdown' },
          { State: 'rejected', Err: 'No such image' },
        ),
      ],
      reason: 'the one before was rejected: No such image',
    },
    { name: 'nothing while all goes well', tasks: [aTask({}, { State: 'preparing', Message: 'preparing' })], reason: '' },
    {
      name: 'nothing once it runs',
      tasks: [aTask({ ID: 'b' }), aTask({ DesiredState: 'shutdown' }, { State: 'rejected', Err: 'No such image' })],
      reason: '',
    },
  ])('is $name', ({ tasks, reason }) => expect(progressOf(aService(), tasks).places[0]?.reason).toBe(reason));

  it('comes with the time that the state has lasted', () => {
    expect(progressOf(aService(), [aTask({}, { State: 'preparing' })]).places[0]?.sinceMs).toBe(10_000);
  });
});

describe('a global service', () => {
  const service = withMode({ Global: {} });
  const on = (NodeID: string, State = 'running', more: ApiObject = {}): ApiObject =>
    aTask({ ID: NodeID, NodeID, Slot: 0, ...more }, { State });

  it.each([
    { name: 'waits while no node has a task', tasks: [], done: 0, desired: 0, converged: false },
    {
      name: 'wants a task on each node that has one',
      tasks: [on('n1-id'), on('n2-id', 'starting')],
      done: 1,
      desired: 2,
      converged: false,
    },
    { name: 'is done when all run', tasks: [on('n1-id'), on('n2-id')], done: 2, desired: 2, converged: true },
    { name: 'does not wait for nodes that are down', tasks: [on('n1-id'), on('n3-id')], done: 1, desired: 1, converged: true },
    {
      name: 'does not wait for nodes that are drained',
      tasks: [on('n1-id'), on('n2-id', 'running', { DesiredState: 'shutdown' })],
      done: 1,
      desired: 1,
      converged: true,
    },
  ])('$name', ({ name: _, tasks, ...expected }) => expect(progressOf(service, tasks)).toMatchObject(expected));

  it('calls its places by the names of the nodes', () => {
    expect(progressOf(service, [on('n2-id'), on('n1-id'), on('gone')]).places.map(({ place }) => place)).toEqual([
      'gone',
      'n1',
      'n2',
    ]);
  });
});

describe('a job', () => {
  const job = withMode(
    { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } },
    { JobStatus: { JobIteration: { Index: 1 } } },
  );
  const run = (Index: number, Slot: number, State: string): ApiObject =>
    slot(Slot, State, { ID: `${Index}.${Slot}`, JobIteration: { Index }, DesiredState: 'complete' });

  it.each([
    { name: 'counts what has completed', tasks: [run(1, 0, 'complete'), run(1, 1, 'running')], done: 1, converged: false },
    { name: 'is done when all have', tasks: [run(1, 0, 'complete'), run(1, 1, 'complete')], done: 2, converged: true },
    { name: 'does not count an earlier run', tasks: [run(0, 0, 'complete'), run(0, 1, 'complete')], done: 0, converged: false },
  ])('$name', ({ name: _, tasks, ...expected }) =>
    expect(progressOf(job, tasks)).toMatchObject({ ...expected, desired: 2, isJob: true }),
  );

  it.each([
    {
      name: 'is exhausted when what is not done has failed for good',
      states: ['complete', 'failed'],
      desired: 'shutdown',
      isExhausted: true,
    },
    { name: 'is not while a slot has not been tried', states: ['failed'], desired: 'shutdown', isExhausted: false },
    { name: 'is not while the manager may try again', states: ['complete', 'failed'], desired: 'complete', isExhausted: false },
    { name: 'is not when all is done', states: ['complete', 'complete'], desired: 'complete', isExhausted: false },
  ])('$name', ({ states, desired, isExhausted }) => {
    const tasks = states.map((state, Slot) => ({
      ...run(1, Slot, state),
      DesiredState: state === 'failed' ? desired : 'complete',
    }));
    expect(progressOf(job, tasks).isExhausted).toBe(isExhausted);
  });

  it('is not exhausted while another attempt follows a failure', () => {
    const failed = { ...run(1, 1, 'failed'), DesiredState: 'shutdown' };
    const next = { ...run(1, 1, 'preparing'), ID: 'next', DesiredState: 'ready' };
    expect(progressOf(job, [run(1, 0, 'complete'), failed, next]).isExhausted).toBe(false);
  });

  describe('on every node', () => {
    const on = (NodeID: string, State: string, DesiredState = 'complete'): ApiObject =>
      aTask({ ID: `${NodeID}-${State}`, Slot: 0, NodeID, DesiredState }, { State });

    it.each([
      { name: 'is done when each node has done it', tasks: [on('n1-id', 'complete')], done: 1, desired: 1, converged: true },
      {
        name: 'waits for a node that is at it',
        tasks: [on('n1-id', 'complete'), on('n2-id', 'running')],
        done: 1,
        desired: 2,
        converged: false,
      },
      {
        name: 'does not wait for a node that is down',
        tasks: [on('n1-id', 'complete'), on('n3-id', 'running')],
        done: 1,
        desired: 1,
        converged: true,
      },
      {
        name: 'counts what a node did before it went down',
        tasks: [on('n1-id', 'complete'), on('n3-id', 'complete')],
        done: 2,
        desired: 2,
        converged: true,
      },
      {
        name: 'does not wait for a node that was drained',
        tasks: [on('n1-id', 'complete'), on('n2-id', 'shutdown', 'shutdown')],
        done: 1,
        desired: 1,
        converged: true,
      },
      {
        name: 'is not done where a node failed for good',
        tasks: [on('n1-id', 'complete'), on('n2-id', 'failed', 'shutdown')],
        done: 1,
        desired: 2,
        converged: false,
      },
    ])('$name', ({ name: _, tasks, ...expected }) =>
      expect(progressOf(withMode({ GlobalJob: {} }), tasks)).toMatchObject({ ...expected, isJob: true }),
    );
  });
});

it.each([
  [undefined, 'forward'],
  ['updating', 'forward'],
  ['completed', 'forward'],
  ['paused', 'paused'],
  ['rollback_started', 'rolling-back'],
  ['rollback_paused', 'rollback-paused'],
  ['rollback_completed', 'rolled-back'],
])('update status %s is the roll-out %s', (State, rollout) => {
  const service = aService({ UpdateStatus: State === undefined ? undefined : { State, Message: 'why' } });
  expect(progressOf(service, [])).toMatchObject({ rollout, message: State === undefined ? '' : 'why' });
});
