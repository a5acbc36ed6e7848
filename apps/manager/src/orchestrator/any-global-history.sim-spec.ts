import fc from 'fast-check';
import { NodeAvailability, NodeState, observedState, TaskState } from '#common/domain';
import { NodeSpec, NodeStatus, type Service } from '#common/proto';
import { aNode, aService } from '../testing/builders';
import { SimulatedCluster } from './testing/simulated-cluster';

const aGlobal = (): Service =>
  aService({ spec: { mode: { global: {} }, taskTemplate: { containerSpec: { image: 'busybox:latest' } } } });

describe('any history of a global service', () => {
  const changes = fc.array(
    fc.record({
      node: fc.nat(3),
      status: fc.constantFrom(NodeState.ready, NodeState.ready, NodeState.down),
      availability: fc.constantFrom(
        NodeAvailability.active,
        NodeAvailability.active,
        NodeAvailability.pause,
        NodeAvailability.drain,
      ),
      steps: fc.array(fc.nat(20), { maxLength: 6 }),
    }),
    { maxLength: 30 },
  );

  it('ends with exactly one task running on each node that takes tasks, and none on a drained one', () => {
    fc.assert(
      fc.property(changes, (history) => {
        const cluster = new SimulatedCluster(
          aGlobal(),
          ['a', 'b', 'c', 'd'].map((id) => aNode(id)),
        );
        for (const { node, status, availability, steps } of history) {
          cluster.nodes = cluster.nodes.map((each, i) =>
            i === node
              ? { ...each, status: NodeStatus.fromPartial({ state: status }), spec: NodeSpec.fromPartial({ availability }) }
              : each,
          );
          cluster.reconcile();
          const tasks = cluster.list();
          for (const pick of steps) {
            const task = tasks[pick % Math.max(1, tasks.length)];
            if (task) cluster.step(cluster.tasks.get(task.id) ?? task, 'runs');
          }
        }
        cluster.nodes = cluster.nodes.map((each) => ({ ...each, status: NodeStatus.fromPartial({ state: NodeState.ready }) }));
        for (let round = 0; round < 30; round++) {
          cluster.reconcile();
          for (const task of cluster.list()) cluster.step(task, 'runs');
          cluster.now += 5_000;
        }
        const up = cluster.list().filter((task) => observedState(task) === TaskState.running);
        const onPaused = (id: string): boolean =>
          cluster.nodes.some((n) => n.id === id && n.spec?.availability === NodeAvailability.pause);
        const active = cluster.nodes
          .filter((n) => (n.spec?.availability ?? NodeAvailability.active) === NodeAvailability.active)
          .map(({ id }) => id);
        expect(
          up
            .map((task) => task.nodeId)
            .filter((id) => !onPaused(id))
            .sort(),
        ).toEqual(active.sort());
      }),
    );
  });
});
