import { TaskState } from '#common/domain';
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
  const counted = isJob(service.spec?.mode)
    ? tasks.filter((task) => iterationOf(task) === iterationOf(service.jobStatus))
    : tasks;
  return {
    running: count(counted, (task) => task.status?.state === TaskState.running),
    desired: desiredTasks(service, counted),
    completed: count(counted, (task) => task.status?.state === TaskState.complete),
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

function iterationOf(holder: { jobIteration: { index?: number } | undefined } | undefined): number {
  return holder?.jobIteration?.index ?? 0;
}

function count(tasks: readonly Task[], test: (task: Task) => boolean): number {
  return tasks.reduce((sum, task) => sum + (test(task) ? 1 : 0), 0);
}
