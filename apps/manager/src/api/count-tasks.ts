import { isOfIteration, TaskState } from '#common/domain';
import type { Service, Task } from '#common/proto';
import { isJob, modeOf } from './service-mode';

/** What `docker service ls` shows of a service's tasks. */
export interface ServiceStatusCounts {
  running: number;
  desired: number;
  completed: number;
}

/** Counts a service's tasks. Of a job only the present iteration counts. */
export function countTasks(service: Service, tasks: readonly Task[]): ServiceStatusCounts {
  const counted = tasks.filter((task) => isOfIteration(service, task));
  return {
    running: count(counted, (task) => task.status?.state === TaskState.running),
    desired: desiredTasks(service, counted),
    completed: completedPlaces(service, counted),
  };
}

/** For global services the nodes decide how many tasks there are to be, so those that there are are counted. */
function desiredTasks({ spec }: Service, tasks: readonly Task[]): number {
  switch (modeOf(spec?.mode)) {
    case 'replicated':
      return spec?.mode?.replicated?.replicas ?? 0;
    case 'replicated-job':
      return spec?.mode?.replicatedJob?.maxConcurrent ?? 0;
    case 'global':
      return count(tasks, (task) => task.desiredState === TaskState.running);
    case 'global-job':
      return count(tasks, (task) => task.desiredState === TaskState.complete && task.status?.state !== TaskState.complete);
  }
}

/** A task whose node was lost may turn out to have completed beside the one that took its place: that is one completion. */
function completedPlaces({ spec }: Service, tasks: readonly Task[]): number {
  const completed = tasks.filter((task) => task.status?.state === TaskState.complete);
  if (!isJob(spec?.mode)) return completed.length;
  return new Set(completed.map((task) => (spec?.mode?.globalJob ? task.nodeId : task.slot))).size;
}

function count(tasks: readonly Task[], test: (task: Task) => boolean): number {
  return tasks.reduce((sum, task) => sum + (test(task) ? 1 : 0), 0);
}
