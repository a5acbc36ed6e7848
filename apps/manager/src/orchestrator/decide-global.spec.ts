import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import { type Node, type Service, type Task } from '#common/proto';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW, type NodeOptions } from '../testing/builders';
import type { Plan } from './change';
import { decideService } from './decide-service';

const { shutdown, remove, failed } = TaskState;

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
