import { ConcurrencyLimit } from '#common/concurrency';
import type { Task } from '#common/proto';
import { containerIdOf } from '../engine/task-container';
import type { Engines } from '../engine/engines';
import type { ApiStore } from '../ports';
import type { LogOptions } from './log-options';
import type { LogOutput } from './log-output';
import { sendTaskLog } from './task-log';

/** Logs that are read at once when nobody follows them. */
const MOST_AT_ONCE = 32;

/** Whose logs are sent, and how. */
export interface LogJob {
  readonly store: ApiStore;
  readonly engines: Engines;
  readonly options: LogOptions;
  readonly output: LogOutput;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Sends the logs of all tasks, each as far as its engine has it.
 * @returns why some could not be read
 */
export async function sendLogs(tasks: readonly Task[], job: LogJob): Promise<string[]> {
  const limit = new ConcurrencyLimit(job.options.follow ? Number.POSITIVE_INFINITY : MOST_AT_ONCE);
  const outcomes = await Promise.all(tasks.map((task) => limit.run(() => sendTaskLog(task, job))));
  return [...new Set(outcomes.flatMap(({ problem }) => problem ?? []))];
}

/**
 * Follows the logs of a service: those of its present tasks, and of each that comes, until the service is removed or the signal aborts.
 * @returns why some could not be read
 */
export async function followService(serviceId: string, job: LogJob): Promise<string[]> {
  const { store, signal } = job;
  const problems = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const begin = (task: Task): void => {
    if (running.has(task.id) || containerIdOf(task) === undefined) return;
    const work = sendTaskLog(task, job).then(({ problem }) => void (problem && problems.add(problem)));
    running.set(task.id, work);
  };
  const look = (): boolean => {
    store.view.tasksOfService(serviceId).forEach(begin);
    return store.view.service(serviceId) !== undefined;
  };
  await new Promise<void>((resolve) => {
    const stop = store.onChange((changes) => {
      const isOurs = changes.some(
        (change) =>
          change.kind === 'everything' ||
          (change.kind === 'task' && change.serviceId === serviceId) ||
          (change.kind === 'service' && change.id === serviceId),
      );
      if (isOurs && !look()) end();
    });
    const end = (): void => {
      stop();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    if (!look() || signal.aborted) end();
  });
  await Promise.all(running.values());
  return [...problems];
}
