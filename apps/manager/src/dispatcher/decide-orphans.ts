import { isActive, isOnNode, observedState, ORPHANED_AFTER_MS, TaskState } from '#common/domain';
import type { Task, TaskStatus } from '#common/proto';

/** A node of the cluster, as far as its tasks' fate depends on it. */
export interface SeenNode {
  id: string;
  /** RFC 3339; undefined while the node is not down. */
  downSince: string | undefined;
}

/** A task of which nobody will hear again. */
export interface Orphan {
  task: Task;
  isNodeRemoved: boolean;
}

/**
 * The tasks whose end nobody will report: their node has been down for a day, by the stored time, or has been removed. From a removed
 * node the orchestrator moves them first; what is to be forgotten is the reaper's.
 * @param now milliseconds since the epoch
 */
export function decideOrphans(nodes: readonly SeenNode[], tasks: readonly Task[], now: number): Orphan[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return tasks.flatMap((task): Orphan[] => {
    if (!isOnNode(observedState(task))) return [];
    const node = byId.get(task.nodeId);
    if (node) return isGivenUp(node, now) ? [{ task, isNodeRemoved: false }] : [];
    return isActive(task) || task.desiredState === TaskState.remove ? [] : [{ task, isNodeRemoved: true }];
  });
}

/** What is recorded of an orphan: the last that was heard of it, and why that is all. */
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

function isGivenUp({ downSince }: SeenNode, now: number): boolean {
  return downSince !== undefined && now - Date.parse(downSince) >= ORPHANED_AFTER_MS;
}
