import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW, type NodeOptions } from '../../testing/builders';
import type { Plan } from '../change';
import { decideService } from '../decide-service';

const { complete, failed, ready, remove, running, shutdown } = TaskState;

const aGlobalJob = (taskTemplate: object = {}, iteration = 0): Service =>
  aService({
    iteration,
    version: iteration + 1,
    spec: { mode: { globalJob: {} }, taskTemplate: { containerSpec: { image: 'busybox:latest' }, ...taskTemplate } },
  });

const onNode = (nodeId: string, service: Service, state: TaskState, desired = complete): Task =>
  aTask({ slot: 0, nodeId, service, state, desired, id: `on-${nodeId}` });

const decide = (service: Service, tasks: Task[], nodes: Node[]): Plan =>
  decideService(aSnapshot(service, tasks, nodes), { now: NOW, newId: countingIds() });
const created = (plan: Plan): [nodeId: string, desired: TaskState][] =>
  plan.changes.flatMap((change) => (change.kind === 'createTask' ? [[change.task.nodeId, change.task.desiredState]] : []));
const moved = (plan: Plan): [string, TaskState][] =>
  plan.changes.flatMap((change) => (change.kind === 'setDesiredState' ? [[change.task.id, change.to]] : []));

describe('a global job', () => {
  const job = aGlobalJob();

  it('runs once on every node, also on one that joins later', () => {
    expect(created(decide(job, [], [aNode('a'), aNode('b')]))).toEqual([
      ['a', complete],
      ['b', complete],
    ]);
    const done = ['a', 'b'].map((id) => onNode(id, job, complete));
    expect(created(decide(job, done, [aNode('a'), aNode('b'), aNode('c')]))).toEqual([['c', complete]]);
  });

  it.each<{ name: string; node: NodeOptions }>([
    { name: 'drained', node: { availability: NodeAvailability.drain } },
    { name: 'paused', node: { availability: NodeAvailability.pause } },
    { name: 'down', node: { state: NodeState.down } },
    { name: 'excluded by its placement', node: { labels: { disk: 'hdd' } } },
  ])('does not start on a node that is $name', ({ node }) => {
    const service = aGlobalJob({ placement: { constraints: ['node.labels.disk!=hdd'] } });
    expect(decide(service, [], [aNode('a', node)]).changes).toEqual([]);
  });

  it.each<{ name: string; node: NodeOptions; state?: TaskState; moves: [string, TaskState][] }>([
    { name: 'is stopped on a node that is drained', node: { availability: NodeAvailability.drain }, moves: [['on-a', shutdown]] },
    { name: 'is stopped on a node that its placement excludes', node: { labels: { disk: 'hdd' } }, moves: [['on-a', shutdown]] },
    { name: 'goes on on a node that is paused', node: { availability: NodeAvailability.pause }, moves: [] },
    { name: 'goes on on a node that is out of sight', node: { state: NodeState.down }, moves: [] },
    {
      name: 'stays complete on a node that is drained',
      node: { availability: NodeAvailability.drain },
      state: complete,
      moves: [],
    },
  ])('$name', ({ node, state = running, moves }) => {
    const service = aGlobalJob({ placement: { constraints: ['node.labels.disk!=hdd'] } });
    const plan = decide(service, [onNode('a', service, state)], [aNode('a', node)]);
    expect(moved(plan)).toEqual(moves);
    expect(created(plan)).toEqual([]);
  });

  it('starts over on a node that was drained, also when its restart policy restarts nothing', () => {
    const service = aGlobalJob({ restartPolicy: { condition: 'none' } });
    expect(created(decide(service, [onNode('a', service, shutdown, shutdown)], [aNode('a')]))).toEqual([['a', ready]]);
  });

  it('tries again on the node where it failed, after the delay', () => {
    const plan = decide(job, [onNode('a', job, failed)], [aNode('a')]);
    expect(moved(plan)).toEqual([['on-a', shutdown]]);
    expect(created(plan)).toEqual([['a', ready]]);
  });

  it('is given up on a node when the restart policy restarts nothing', () => {
    const service = aGlobalJob({ restartPolicy: { condition: 'none' } });
    expect(created(decide(service, [onNode('a', service, failed)], [aNode('a')]))).toEqual([]);
  });

  it('forgets a node that has left the cluster', () => {
    expect(moved(decide(job, [onNode('gone', job, complete)], []))).toEqual([['on-gone', remove]]);
  });

  it('runs anew on every node after an update, and removes what still runs', () => {
    const plan = decide(aGlobalJob({}, 1), [onNode('a', job, running), onNode('b', job, complete)], [aNode('a'), aNode('b')]);
    expect(moved(plan)).toEqual([['on-a', remove]]);
    expect(created(plan)).toEqual([
      ['a', complete],
      ['b', complete],
    ]);
  });
});
