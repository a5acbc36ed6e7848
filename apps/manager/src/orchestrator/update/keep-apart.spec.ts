import { isActive, observedState, TaskState } from '#common/domain';
import type { Service } from '#common/proto';
import { aNode, aService } from '../../testing/builders';
import { SimulatedCluster } from '../testing/simulated-cluster';

const REPLICAS = 3;
const ROUNDS = 60;

function keptApart(version: number): Service {
  return aService({
    replicas: REPLICAS,
    version,
    spec: {
      updateConfig: { parallelism: 1, order: 'start-first' },
      taskTemplate: { containerSpec: { image: `busybox:${version}` }, placement: { constraints: ['service!=web'] } },
    },
  });
}

it('a start-first update of a service that keeps its tasks apart comes to its end, and keeps them apart', () => {
  const cluster = new SimulatedCluster(
    keptApart(1),
    ['a', 'b', 'c'].map((id) => aNode(id)),
  );
  const run = (): void => {
    for (let round = 0; round < ROUNDS; round++) {
      cluster.reconcile();
      for (const task of cluster.list()) cluster.step(task, 'runs');
      cluster.now += 1_000;
    }
  };
  run();
  cluster.service = keptApart(2);
  run();
  const running = cluster.list().filter((task) => isActive(task) && observedState(task) === TaskState.running);
  expect(running.map(({ serviceVersion }) => serviceVersion)).toEqual([2, 2, 2]);
  expect(running.map(({ nodeId }) => nodeId).sort()).toEqual(['a', 'b', 'c']);
});
