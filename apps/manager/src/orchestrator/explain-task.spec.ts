import { NodeAvailability, TaskState } from '#common/domain';
import type { Node, Task } from '#common/proto';
import { aNode, aService, aTask } from '../testing/builders';
import { explainTask } from './explain-task';

const taskTemplate = {
  containerSpec: { image: 'busybox' },
  resources: { reservations: { memoryBytes: 2 ** 30 } },
  placement: { constraints: ['node.labels.disk==ssd'] },
};
const service = aService({ spec: { taskTemplate } });
const ssd = { disk: 'ssd' };

const explain = (task: Task, nodes: Node[], others: Task[] = []) =>
  explainTask(task, {
    nodes: () => nodes,
    tasksOfNode: (id) => [task, ...others].filter(({ nodeId }) => nodeId === id),
  });

describe('where a task could go', () => {
  it('is told of every node, with the first filter that refuses', () => {
    const nodes = [
      aNode('fits', { labels: ssd }),
      aNode('drained', { labels: ssd, availability: NodeAvailability.drain }),
      aNode('spins'),
      aNode('small', { labels: ssd, memoryBytes: 2 ** 20 }),
    ];
    const verdicts = explain(aTask({ service, nodeId: '', state: TaskState.pending }), nodes);
    expect(verdicts.map(({ nodeId, admitted, filter }) => [nodeId, admitted, filter])).toEqual([
      ['fits', true, undefined],
      ['drained', false, 'ready'],
      ['spins', false, 'constraints'],
      ['small', false, 'resources'],
    ]);
    for (const { admitted, reason } of verdicts) expect(Boolean(reason)).toBe(!admitted);
  });

  it('includes the node that it is on, whose room it takes itself, and not one that others have filled', () => {
    const nodes = ['a', 'b'].map((id) => aNode(id, { labels: ssd, memoryBytes: 2 ** 30 }));
    const other = aTask({ service, nodeId: 'b', id: 'other' });
    const verdicts = explain(aTask({ service, nodeId: 'a', id: 'own' }), nodes, [other]);
    expect(verdicts.map(({ nodeId, admitted }) => [nodeId, admitted])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('is its own node only for a task of a global service', () => {
    const verdicts = explain(aTask({ service, slot: 0, nodeId: 'a', state: TaskState.pending }), [aNode('a'), aNode('b')]);
    expect(verdicts).toMatchObject([{ nodeId: 'a', admitted: false, filter: 'constraints' }]);
  });
});
