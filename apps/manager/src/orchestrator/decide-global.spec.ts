import fc from 'fast-check';
import { NodeAvailability, NodeState, observedState, TaskState } from '#common/domain';
import { NodeSpec, NodeStatus, type Node, type Service, type Task } from '#common/proto';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW, type NodeOptions } from '../testing/builders';
import type { Plan } from './change';
import { decideService } from './decide-service';
import { SimulatedCluster } from './testing/simulated-cluster';

const { running, shutdown, remove, failed } = TaskState;

const aGlobal = (spec: object = {}, version = 1): Service =>
  aService({ version, spec: { mode: { global: {} }, taskTemplate: { containerSpec: { image: 'busybox:latest' }, ...spec } } });

const onNode = (nodeId: string, service: Service, options: { state?: TaskState; desired?: TaskState } = {}): Task => ({
  ...aTask({ id: `on-${nodeId}`, slot: 1, nodeId, service, ...options }),
  slot: 0,
});

const decide = (service: Service, tasks: Task[], nodes: Node[]): Plan =>
  decideService(aSnapshot(service, tasks, nodes), { now: NOW, newId: countingIds() });
const createdOn = (plan: Plan): string[] =>
  plan.changes.flatMap((change) => (change.kind === 'createTask' ? [change.task.nodeId] : []));
const moved = (plan: Plan): [string, TaskState][] =>
  plan.changes.flatMap((change) => (change.kind === 'setDesiredState' ? [[change.task.id, change.to]] : []));

describe('a global service', () => {
  it('has one task on every node, and gets one on a node that joins', () => {
    const service = aGlobal();
    const nodes = [aNode('a'), aNode('b')];
    expect(createdOn(decide(service, [], nodes))).toEqual(['a', 'b']);
    expect(createdOn(decide(service, [onNode('a', service), onNode('b', service)], [...nodes, aNode('c')]))).toEqual(['c']);
  });

  it('has none on nodes that its placement excludes', () => {
    const service = aGlobal({ placement: { constraints: ['node.labels.disk==ssd'] } });
    expect(createdOn(decide(service, [], [aNode('a', { labels: { disk: 'ssd' } }), aNode('b')]))).toEqual(['a']);
  });

  it.each<{ name: string; node: NodeOptions; moves: [string, TaskState][] }>([
    { name: 'drained', node: { availability: NodeAvailability.drain }, moves: [['on-a', shutdown]] },
    { name: 'down', node: { state: NodeState.down }, moves: [['on-a', shutdown]] },
    { name: 'paused', node: { availability: NodeAvailability.pause }, moves: [] },
    { name: 'not heard of for a moment', node: { state: NodeState.unknown }, moves: [] },
  ])('on a node that is $name moves $moves and creates nothing', ({ node, moves }) => {
    const service = aGlobal();
    const plan = decide(service, [onNode('a', service)], [aNode('a', node)]);
    expect(moved(plan)).toEqual(moves);
    expect(createdOn(plan)).toEqual([]);
  });

  it('leaves a node whose labels no longer match', () => {
    const service = aGlobal({ placement: { constraints: ['node.labels.disk==ssd'] } });
    expect(moved(decide(service, [onNode('a', service)], [aNode('a')]))).toEqual([['on-a', shutdown]]);
  });

  it('forgets its task on a node that has left the cluster', () => {
    const service = aGlobal();
    expect(moved(decide(service, [onNode('gone', service)], []))).toEqual([['on-gone', remove]]);
  });

  it('comes back to a node that was drained, also when its restart policy restarts nothing', () => {
    const service = aGlobal({ restartPolicy: { condition: 'none' } });
    const stopped = onNode('a', service, { state: shutdown, desired: shutdown });
    expect(createdOn(decide(service, [stopped], [aNode('a')]))).toEqual(['a']);
  });

  it('is restarted on the node where it failed', () => {
    const service = aGlobal();
    expect(createdOn(decide(service, [onNode('a', service, { state: failed })], [aNode('a'), aNode('b')])).sort()).toEqual([
      'a',
      'b',
    ]);
  });

  it('is updated one node at a time, but not on paused nodes', () => {
    const before = aGlobal();
    const after = aGlobal({ forceUpdate: 1 }, 2);
    const nodes = [aNode('a', { availability: NodeAvailability.pause }), aNode('b'), aNode('c')];
    const plan = decide(
      after,
      ['a', 'b', 'c'].map((id) => onNode(id, before)),
      nodes,
    );
    expect(createdOn(plan)).toEqual(['b']);
  });
});

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
        const up = cluster.list().filter((task) => observedState(task) === running);
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
