import { isActive, isOnNode, observedState, ORPHANED_AFTER_MS, TaskState } from '#common/domain';
import type { Task, TaskStatus } from '#common/proto';

/** A node of the cluster, as far as its tasks' fate depends on it. */
export interface SeenNode {
  id: string;
  /** For how long leaders have seen it down; undefined while it is not. */
  downMs: number | undefined;
}

/** A task of which nobody will hear again. */
export interface Orphan {
  task: Task;
  isNodeRemoved: boolean;
}

/**
 * The tasks whose end nobody will report: their node has been seen down for a day, or has been removed. From a removed node the
 * orchestrator moves them first; what is to be forgotten is the reaper's.
 */
export function decideOrphans(nodes: readonly SeenNode[], tasks: readonly Task[]): Orphan[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return tasks.flatMap((task): Orphan[] => {
    if (!isOnNode(observedState(task))) return [];
    const node = byId.get(task.nodeId);
    if (node) return isGivenUp(node) ? [{ task, isNodeRemoved: false }] : [];
    return isActive(task) || task.desiredState === TaskState.remove ? [] : [{ task, isNodeRemoved: true }];
  });
}

/** What is recorded of an orphan: the last that was heard of it, and why that is all. @param now milliseconds since the epoch */
export function orphanedStatus({ task, isNodeRemoved }: Orphan, now: number): TaskStatus {
  const at = new Date(now).toISOString();
  return {
    err: '',
    containerStatus: undefined,
    portStatus: undefined,
    ...task.status,
    timestamp: at,
    appliedAt: at,
    state: TaskState.orphaned,
    message: isNodeRemoved ? 'its node was removed from the cluster' : 'its node has been down for too long',
  };
}

function isGivenUp({ downMs }: SeenNode): boolean {
  return downMs !== undefined && downMs >= ORPHANED_AFTER_MS;
}
