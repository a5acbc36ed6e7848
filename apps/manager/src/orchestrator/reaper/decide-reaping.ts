import { DEFAULT_TASK_HISTORY_LIMIT, isActive, TaskState } from '#common/domain';
import type { Node, Task } from '#common/proto';
import type { Change } from '../change';
import { hasEnded, isUnassigned, type Slot } from '../slots';

/**
 * Tasks that nobody needs any more: removed ones that have stopped (or never ran, or whose node left the cluster), and the oldest
 * of a slot's ended tasks beyond the history limit.
 */
export function decideReaping(tasks: readonly Task[], slots: readonly Slot[], node: (id: string) => Node | undefined): Change[] {
  const isGone = (task: Task): boolean => hasEnded(task) || isUnassigned(task) || node(task.nodeId) === undefined;
  const removed = tasks.filter((task) => task.desiredState === TaskState.remove && isGone(task));
  const old = slots.flatMap((slot) => {
    const past = slot.tasks.filter((task) => !isActive(task) && isGone(task));
    const history = past.filter((task) => !isUnassigned(task));
    return [...past.filter(isUnassigned), ...history.slice(historyLimit(slot))];
  });
  return [...removed, ...old].map((task) => ({ kind: 'deleteTask', taskId: task.id }));
}

/**
 * Docker's limit counts the slot's present task as well: `service ps` shows five in all. The restart policy counts attempts among
 * the ended ones, so that there must be enough of these, whatever else is in the slot (SwarmKit taskreaper).
 */
export function historyLimit(slot: Slot): number {
  const present = slot.current ? 1 : 0;
  const maxAttempts = slot.tasks[0]?.spec?.restartPolicy?.maxAttempts ?? 0;
  return Math.max(DEFAULT_TASK_HISTORY_LIMIT - present, maxAttempts > 0 ? maxAttempts + 1 : 0);
}
