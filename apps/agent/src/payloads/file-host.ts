import type { Payloads } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';

/** A file of the host that a container sees at `target`. */
export interface FileMount {
  readonly source: string;
  readonly target: string;
}

/** Secrets and configs as files for containers. */
export interface FileHost {
  /** Takes what came with a set of assignments. */
  learn(payloads: Payloads | undefined): void;
  /**
   * Writes the task's files, or finds them as they were written before.
   * @throws DomainError FAILED_PRECONDITION one is not to be had · INVALID_ARGUMENT its template cannot be filled in · UNAVAILABLE
   */
  provide(task: Task): Promise<readonly FileMount[]>;
  /** The task's container does not need its files any more. */
  remove(taskId: string): Promise<void>;
  /** Forgets what is for no task whose container is still to be made. @param tasks asked only when there is anything to forget */
  keepOnly(tasks: () => readonly Task[]): void;
  /** Removes files of tasks that are not named: a predecessor of this process left them behind. */
  sweep(taskIds: ReadonlySet<string>): Promise<void>;
}
