import type { Service, Task, Version } from '../proto';

/** The run of a job that a task belongs to, or that a service is in: 0 at first, and one more with every update. */
export function iterationOf(holder: { jobIteration: Version | undefined } | undefined): number {
  return holder?.jobIteration?.index ?? 0;
}

/** Whether the task belongs to the run that its service is in. Of services that are no jobs, every task does. */
export function isOfIteration(service: Service, task: Task): boolean {
  return iterationOf(task) === iterationOf(service.jobStatus);
}
