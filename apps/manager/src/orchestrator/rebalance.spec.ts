import { isActive, NodeState, observedState, SERVICE_OPTIONS, TaskState } from '#common/domain';
import { NodeStatus, RebalanceRequest, type Service, type Task } from '#common/proto';
import { aNode, aService } from '../testing/builders';
import { SimulatedCluster } from './testing/simulated-cluster';

const serving = (cluster: SimulatedCluster): Task[] =>
  cluster.list().filter((task) => isActive(task) && observedState(task) === TaskState.running);
const perNode = (cluster: SimulatedCluster): Record<string, number> =>
  Object.fromEntries(cluster.nodes.map(({ id }) => [id, serving(cluster).filter((task) => task.nodeId === id).length]));

function setState(cluster: SimulatedCluster, id: string, state: NodeState): void {
  cluster.nodes = cluster.nodes.map((node) => (node.id === id ? { ...node, status: NodeStatus.fromPartial({ state }) } : node));
}

/** Lets the agents work until nothing changes any more. @returns the fewest tasks that served at any time */
function settle(cluster: SimulatedCluster): number {
  let fewest = serving(cluster).length;
  for (let round = 0; round < 50; round++) {
    const changes = cluster.reconcile();
    for (const task of cluster.list()) cluster.step(task, 'runs');
    fewest = Math.min(fewest, serving(cluster).length);
    cluster.now += 1_000;
    if (changes.length === 0 && round > 5) break;
  }
  return fewest;
}

/** Six tasks on two of three nodes; the third has just come back. */
function uneven(service: Service): SimulatedCluster {
  const cluster = new SimulatedCluster(
    service,
    ['a', 'b', 'c'].map((id) => aNode(id)),
  );
  setState(cluster, 'c', NodeState.down);
  settle(cluster);
  setState(cluster, 'c', NodeState.ready);
  return cluster;
}

const UNEVEN = { a: 3, b: 3, c: 0 };
const EVEN = { a: 2, b: 2, c: 2 };

describe('a service whose tasks are spread unevenly', () => {
  const optedIn = aService({ replicas: 6, spec: { labels: { [SERVICE_OPTIONS.rebalance]: 'true' } } });

  it('stays so unless somebody asks', () => {
    const cluster = uneven(aService({ replicas: 6 }));
    settle(cluster);
    expect(perNode(cluster)).toEqual(UNEVEN);
  });

  it('is evened out by itself where it has opted in, without a task missing at any time', () => {
    const cluster = uneven(optedIn);
    expect(settle(cluster)).toBe(6);
    expect(perNode(cluster)).toEqual(EVEN);
  });

  it('is evened out once on request, and the request is done then', () => {
    const cluster = uneven(aService({ replicas: 6 }));
    cluster.rebalance = RebalanceRequest.fromPartial({ requestedAt: 'now' });
    expect(settle(cluster)).toBe(6);
    expect([perNode(cluster), cluster.rebalance]).toEqual([EVEN, undefined]);
  });

  it('loses no more tasks from a node than the request allows', () => {
    const cluster = uneven(aService({ replicas: 6 }));
    cluster.rebalance = RebalanceRequest.fromPartial({ requestedAt: 'now', maxMoves: 1 });
    settle(cluster);
    expect(perNode(cluster).c).toBe(1);
    expect(cluster.rebalance).toBeUndefined();
  });

  it('moves as many at a time as its updates may', () => {
    const cluster = uneven({
      ...optedIn,
      spec: { ...aService({ replicas: 6, spec: { updateConfig: { parallelism: 2 } } }).spec!, labels: optedIn.spec!.labels },
    });
    const created = cluster.reconcile().filter(({ kind }) => kind === 'createTask');
    expect(created).toHaveLength(2);
  });

  it('follows the present constraints, whatever those were with which its tasks were made', () => {
    const cluster = uneven(optedIn);
    const placement = { constraints: ['node.hostname!=c'] };
    const taskTemplate = { containerSpec: { image: 'busybox:latest' }, placement };
    const labels = optedIn.spec!.labels;
    cluster.service = aService({ replicas: 6, version: 2, spec: { labels, taskTemplate } });
    expect(cluster.reconcile()).toEqual([]);
  });

  it('has its request forgotten when it cannot begin for as long as an update may stand still', () => {
    const cluster = uneven(aService({ replicas: 6 }));
    cluster.service = aService({ replicas: 6, spec: { taskTemplate: { restartPolicy: { condition: 'none' } } }, version: 1 });
    const [task] = cluster.list();
    cluster.observe(task!, TaskState.complete);
    cluster.rebalance = RebalanceRequest.fromPartial({ requestedAt: new Date(cluster.now).toISOString() });
    cluster.reconcile();
    expect(cluster.rebalance).toBeDefined();
    cluster.now += 600_000;
    cluster.reconcile();
    expect(cluster.rebalance).toBeUndefined();
  });

  it('moves only so many tasks at a time, whatever the parallelism', () => {
    const wide = aService({ replicas: 60, spec: { labels: optedIn.spec!.labels, updateConfig: { parallelism: 0 } } });
    const created = uneven(wide)
      .reconcile()
      .filter(({ kind }) => kind === 'createTask');
    expect(created).toHaveLength(10);
  });
});
