import { isActive, TaskState } from '#common/domain';
import type { Node, Task } from '#common/proto';
import type { Change, Plan } from './change';
import { hasEnded, isUnassigned } from './slots';

/**
 * What becomes of containers' places on networks, which belong to no service: each goes to the node that its container is to be
 * made on, once it has its addresses, and is forgotten when it has ended.
 * @param placeable those that have their addresses and no node yet
 */
export function decideAttachments(
  tasks: readonly Task[],
  placeable: readonly Task[],
  node: (id: string) => Node | undefined,
): Plan {
  const isOver = (task: Task): boolean =>
    hasEnded(task) || node(task.nodeId) === undefined || (task.desiredState === TaskState.remove && isUnassigned(task));
  const over = tasks.filter(isOver);
  const toAssign = placeable.filter((task) => isActive(task) && !isOver(task));
  return {
    changes: [
      ...over.map((task): Change => ({ kind: 'deleteTask', taskId: task.id })),
      ...toAssign.map((task): Change => ({ kind: 'assignTask', task, nodeId: task.nodeId, genericResources: [] })),
    ],
  };
}
