import { isActive, observedState, stateRank, TaskState } from '#common/domain';
import type { Task } from '#common/proto';

/** What an agent has been sent: the version of each task. */
export type SentTasks = ReadonlyMap<string, number>;

export interface AssignmentDiff {
  update: Task[];
  remove: string[];
  sent: SentTasks;
}

/**
 * What an agent must be told so that it has exactly `tasks`. A task is sent again when the leader has written it; statuses come
 * from the agent itself and are not sent back.
 */
export function toAssignmentDiff(sent: SentTasks, tasks: readonly Task[]): AssignmentDiff {
  const next = new Map(tasks.map((task) => [task.id, versionOf(task)]));
  return {
    update: tasks.filter((task) => sent.get(task.id) !== versionOf(task)),
    remove: [...sent.keys()].filter((id) => !next.has(id)),
    sent: next,
  };
}

/**
 * Whether the agent of the task's node has to know of it. One that is bound to the node but waits for room there is not its business
 * yet; one that was given up while the node was away is no more: what is left of it there goes.
 */
export function isForAgent(task: Task): boolean {
  const state = observedState(task);
  return stateRank(state) >= stateRank(TaskState.assigned) && state !== TaskState.orphaned;
}

/** Whether the task's container is still to be made: for that the agent needs what is kept from it otherwise. */
export function isStillToBeMade(task: Task): boolean {
  return isActive(task) && stateRank(observedState(task)) < stateRank(TaskState.ready);
}

function versionOf(task: Task): number {
  return task.version?.index ?? 0;
}
