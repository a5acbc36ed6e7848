import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import { Network, type Node, type Service, type Task } from '#common/proto';
import { aNode, aService, aTask, countingIds, NOW } from '../../testing/builders';
import type { AddressSource } from '../addresses/address-book';
import { planMoves, planService, type PlannedTask } from './plan-service';

const nodes = ['a', 'b', 'c'].map((id) => aNode(id));
const NODE_OF = ['a', 'b', 'c'];

/** A running task of each slot, spread over the nodes. */
const runningTasks = (service: Service, count: number): Task[] =>
  Array.from({ length: count }, (_, index) => {
    const slot = index + 1;
    return aTask({ id: `t${slot}`, slot, nodeId: NODE_OF[index % 3], service });
  });

/** A network with room for five, one of whose addresses is the service's own; encrypted where that is asked for. */
const network = (options: Record<string, string> = {}): Network =>
  Network.fromPartial({
    id: 'back',
    spec: { name: 'back', driver: 'overlay', options, ipam: { config: [{ subnet: '10.1.0.0/29', gateway: '10.1.0.1' }] } },
  });
const onNetwork = (replicas: number): Service =>
  aService({ replicas, spec: { taskTemplate: { networks: [{ target: 'back' }] } } });

function plan(service: Service, tasks: Task[], on: Node[] = nodes, back: Network = network()): PlannedTask[] {
  const addresses: AddressSource = {
    network: (id) => (id === back.id ? back : undefined),
    networkByName: () => undefined,
    services: () => [],
    tasksOnNetwork: () => [],
  };
  const cluster = { nodes: on, tasksOfNode: (id: string) => tasks.filter((task) => task.nodeId === id), addresses };
  return planService(service, tasks, cluster, { now: NOW, newId: countingIds('new') });
}

const actions = (planned: PlannedTask[]): string[] =>
  planned.map(({ slot, action, from, to }) => `${slot} ${action} ${from}>${to}`).sort();
const withImage = (image: string, replicas: number, config: object = {}): Service =>
  aService({ replicas, version: 2, spec: { taskTemplate: { containerSpec: { image } }, updateConfig: config } });

describe('a plan', () => {
  it('of a new service tells where its tasks would start', () => {
    expect(actions(plan(aService({ replicas: 3 }), []))).toEqual(['1 start >a', '2 start >b', '3 start >c']);
  });

  it('says why a task would wait, and which', () => {
    const greedy = aService({
      replicas: 3,
      spec: {
        taskTemplate: { resources: { reservations: { memoryBytes: 2 ** 31 } }, placement: { constraints: ['node.hostname!=c'] } },
      },
    });
    const planned = plan(greedy, []);
    expect(planned.map(({ action }) => action).sort()).toEqual(['start', 'start', 'wait']);
    expect(planned.find(({ action }) => action === 'wait')?.reason).toBe(
      'no suitable node (insufficient resources on 2 nodes; scheduling constraints not satisfied on 1 node)',
    );
  });

  it('says for which tasks there would be no address', () => {
    const on = ['a', 'b'].map((id) => aNode(id, { networking: {} }));
    const planned = plan(onNetwork(6), [], on);
    expect(planned.filter(({ action }) => action === 'start')).toHaveLength(4);
    expect(planned.find(({ action }) => action === 'wait')?.reason).toBe('no address left on network back');
  });

  it('puts tasks of encrypted networks only where those can be had, as the placement itself', () => {
    const on = [aNode('a', { networking: {} }), aNode('b', { networking: { wireguardKey: 'KEY' } })];
    const planned = plan(onNetwork(2), [], on, network({ encrypted: '' }));
    expect(actions(planned)).toEqual(['1 start >b', '2 start >b']);
  });

  it('of a job tells where each completion would be reached, also of the first slot, and again with an update', () => {
    const aJob = (iteration: number): Service => {
      const mode = { replicatedJob: { maxConcurrent: 2, totalCompletions: 3 } };
      return aService({ iteration, version: iteration + 1, spec: { mode } });
    };
    const started = plan(aJob(0), []);
    expect(started.map(({ slot, action }) => `${slot} ${action}`).sort()).toEqual(['0 start', '1 start', '2 start']);
    const done = [0, 1, 2].map((slot) =>
      aTask({ id: `t${slot}`, slot, service: aJob(0), state: TaskState.complete, desired: TaskState.complete }),
    );
    expect(plan(aJob(0), done).map(({ action }) => action)).toEqual(['keep', 'keep', 'keep']);
    expect(plan(aJob(1), done).map(({ action }) => action)).toEqual(['replace', 'replace', 'replace']);
  });

  it('of a global service says which node a task would wait for', () => {
    const reservations = { memoryBytes: 2 ** 50 };
    const global = aService({ spec: { mode: { global: {} }, taskTemplate: { resources: { reservations } } } });
    expect(actions(plan(global, []))).toEqual(['0 wait >a', '0 wait >b', '0 wait >c']);
  });

  it('of nothing new keeps every task', () => {
    const service = aService({ replicas: 3 });
    expect(actions(plan({ ...service, version: { index: 2 } }, runningTasks(service, 3)))).toEqual([
      '1 keep a>a',
      '2 keep b>b',
      '3 keep c>c',
    ]);
  });

  it('of fewer replicas tells what would stop', () => {
    const service = aService({ replicas: 3 });
    const planned = plan(aService({ replicas: 1, version: 2 }), runningTasks(service, 3));
    expect(planned.filter(({ action }) => action === 'stop').map(({ slot }) => slot)).toEqual([2, 3]);
    expect(planned.filter(({ action }) => action === 'keep').map(({ slot }) => slot)).toEqual([1]);
  });

  it.each([{ order: 'stop-first' }, { order: 'start-first' }])('of another image replaces every task, $order', ({ order }) => {
    const before = aService({ replicas: 6 });
    const planned = plan(withImage('busybox:2', 6, { order, parallelism: 2 }), runningTasks(before, 6));
    expect(planned.map(({ action }) => action)).toEqual(Array(6).fill('replace'));
  });

  it('of a constraint moves only the tasks that violate it', () => {
    const before = aService({ replicas: 3 });
    const placement = { constraints: ['node.hostname!=c'] };
    const after = aService({
      replicas: 3,
      version: 2,
      spec: { taskTemplate: { containerSpec: { image: 'busybox:latest' }, placement } },
    });
    const planned = plan(after, runningTasks(before, 3));
    expect(planned.filter(({ action }) => action === 'keep').map(({ slot }) => slot)).toEqual([1, 2]);
    expect(planned.find(({ slot }) => slot === 3)).toMatchObject({ action: 'replace', from: 'c' });
  });

  it('moves tasks off a node that is drained', () => {
    const service = aService({ replicas: 3 });
    const drained = [aNode('a'), aNode('b'), aNode('c', { availability: NodeAvailability.drain })];
    const planned = plan(service, runningTasks(service, 3), drained);
    expect(planned.find(({ slot }) => slot === 3)).toMatchObject({ action: 'move', from: 'c', reason: 'node is drained' });
  });

  it('of a global service has a task for each node that takes one', () => {
    const service = aService({ spec: { mode: { global: {} } } });
    const on = [aNode('a'), aNode('b', { state: NodeState.down }), aNode('c')];
    expect(actions(plan(service, [], on))).toEqual(['0 start >a', '0 start >c']);
  });

  it('of hundreds of tasks one after the other is made in little time', () => {
    const before = aService({ replicas: 300 });
    expect(plan(withImage('busybox:2', 300), runningTasks(before, 300)).every(({ action }) => action === 'replace')).toBe(true);
  });

  it('of a rebalancing leaves out tasks that do not run', () => {
    const service = aService({ replicas: 3 });
    const tasks = [1, 2, 3].map((slot) => aTask({ id: `t${slot}`, slot, nodeId: 'a', service, state: TaskState.starting }));
    const cluster = { nodes, tasksOfNode: (id: string) => tasks.filter((task) => task.nodeId === id) };
    expect(planMoves(service, tasks, cluster, { limit: 10, now: NOW })).toEqual([]);
  });
});
