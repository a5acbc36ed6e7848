import { DEFAULT_TASK_HISTORY_LIMIT, isActive, TaskState } from '#common/domain';
import type { Node, SwarmSpec, Task } from '#common/proto';
import type { Change } from '../change';
import { endedByItself } from '../restart/decide-restart';
import { hasEnded, isUnassigned, type Slot } from '../slots';

/** What decides whether a task is still needed. */
export interface ReapingInputs {
  node(id: string): Node | undefined;
  /** Tasks kept per slot, the present one included; negative: all. */
  readonly historyLimit: number;
}

/** The cluster's own limit, else Docker's default. */
export function historyLimitOf(cluster: SwarmSpec | undefined): number {
  return cluster?.orchestration?.taskHistoryRetentionLimit ?? DEFAULT_TASK_HISTORY_LIMIT;
}

/**
 * Tasks that nobody needs any more: removed ones that have stopped (or never ran, or whose node left the cluster), and the oldest
 * of a slot's ended tasks beyond the history limit.
 */
export function decideReaping(tasks: readonly Task[], slots: readonly Slot[], { node, historyLimit }: ReapingInputs): Change[] {
  const isGone = (task: Task): boolean => hasEnded(task) || isUnassigned(task) || node(task.nodeId) === undefined;
  const removed = tasks.filter((task) => task.desiredState === TaskState.remove && isGone(task));
  const old = slots.flatMap((slot) => {
    const past = slot.tasks.filter((task) => !isActive(task) && isGone(task));
    const history = past.filter((task) => !isUnassigned(task));
    return [...past.filter(isUnassigned), ...beyondHistory(slot, history, historyLimit)];
  });
  return [...removed, ...old].map((task) => ({ kind: 'deleteTask', taskId: task.id }));
}

/**
 * Which of a slot's ended tasks, the newest first, are too old. Docker's limit counts the slot's present task as well: `service ps`
 * shows five in all.
 */
export function beyondHistory(slot: Slot, ended: readonly Task[], limit: number): Task[] {
  if (limit < 0) return [];
  const counted = countedAttempts(slot);
  return ended.slice(Math.max(0, limit - (slot.current ? 1 : 0))).filter((task) => !counted.has(task));
}

/**
 * The restart policy counts attempts among the ended tasks, so that there must be enough of these (SwarmKit taskreaper), however
 * many others have come and gone since because nodes were drained.
 */
function countedAttempts({ tasks: [newest, ...older] }: Slot): Set<Task> {
  const maxAttempts = newest?.spec?.restartPolicy?.maxAttempts ?? 0;
  if (!newest || maxAttempts === 0) return new Set();
  const attempts = [newest, ...older].filter((task) => endedByItself(task) && task.serviceVersion === newest.serviceVersion);
  return new Set(attempts.slice(0, maxAttempts + 1));
}
