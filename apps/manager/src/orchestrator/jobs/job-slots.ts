import { isActive, isOfIteration, observedState, TaskState } from '#common/domain';
import type { Service, Task } from '#common/proto';
import { groupSlots, type Place, type Slot } from '../slots';

/** One completion that a job is to reach. Its `tasks` are those of all iterations, newest first. */
export interface JobSlot extends Slot {
  /** Those of the present iteration, newest first. */
  attempts: Task[];
  /** The attempt that has reached it; the newest if a lost node has made it two. */
  completed: Task | undefined;
  /** The attempt that is on its way, or has ended and is not followed by another yet. */
  current: Task | undefined;
}

/** Numbers of a replicated job start at 0, as Docker's clients expect. */
export function byNumber(task: Task): Place {
  return { number: task.slot, nodeId: '' };
}

/** A global job has one slot a node. */
export function byNode(task: Task): Place {
  return { number: 0, nodeId: task.nodeId };
}

/** Groups a job's tasks by the completion that they are for. Tasks that are to be removed belong to none. */
export function groupJobSlots(service: Service, tasks: readonly Task[], placeOf: (task: Task) => Place): JobSlot[] {
  return groupSlots(tasks, placeOf).map((slot) => {
    const attempts = slot.tasks.filter((task) => isOfIteration(service, task));
    return {
      ...slot,
      attempts,
      completed: attempts.find(isComplete),
      current: attempts.find((task) => isActive(task) && !isComplete(task)),
    };
  });
}

/** Whether the task has done its work. */
export function isComplete(task: Task): boolean {
  return observedState(task) === TaskState.complete;
}
