import { TaskState } from '#common/domain';
import { Task, type Node } from '#common/proto';
import { aNode } from '../testing/builders';
import { decideAttachments } from './decide-attachments';

const HERE = aNode('n1');
const node = (id: string): Node | undefined => (id === 'n1' ? HERE : undefined);

function anAttachment(state: TaskState, fields: { nodeId?: string; desiredState?: TaskState } = {}): Task {
  return Task.fromPartial({
    id: 'a',
    nodeId: 'n1',
    desiredState: TaskState.running,
    spec: { networkAttachmentSpec: { containerId: '' } },
    status: { state },
    ...fields,
  });
}

it('goes to its node once it has addresses', () => {
  const task = anAttachment(TaskState.new);
  expect(decideAttachments([task], [task], node).changes).toEqual([
    { kind: 'assignTask', task, nodeId: 'n1', genericResources: [] },
  ]);
  expect(decideAttachments([task], [], node).changes).toEqual([]);
});

it.each([
  ['has ended', anAttachment(TaskState.complete)],
  ['was on a node that is gone', anAttachment(TaskState.running, { nodeId: 'gone' })],
  ['is to be removed and never began', anAttachment(TaskState.new, { desiredState: TaskState.remove })],
])('is forgotten when it %s', (_, task) => {
  expect(decideAttachments([task], [task], node).changes).toEqual([{ kind: 'deleteTask', taskId: 'a' }]);
});

it.each([
  ['runs', anAttachment(TaskState.running)],
  ['is to be removed and still runs', anAttachment(TaskState.running, { desiredState: TaskState.remove })],
])('stays while it %s', (_, task) => expect(decideAttachments([task], [], node).changes).toEqual([]));
