import { TaskState } from '#common/domain';
import type { TaskObservation } from '#common/dispatcher-proto';
import type { TaskStatus } from '#common/proto';

/** Nobody acts on a state that a task only passes through; most are replaced by a later one before this is over. */
const PASSING_STATE_DELAY_MS = 500;
const PASSING: ReadonlySet<TaskState | undefined> = new Set([
  TaskState.accepted,
  TaskState.preparing,
  TaskState.ready,
  TaskState.starting,
]);

/**
 * Keeps the newest status of every task and which of them the manager has yet to hear.
 * INVARIANTS: a status that is replaced before it was taken is never sent; every newest status is taken at least once after it
 * was reported, and once more after each `resendAll`.
 */
export class StatusReporter {
  private readonly newest = new Map<string, TaskStatus>();
  private readonly unsent = new Set<string>();
  private notify: () => void = () => undefined;
  private later: NodeJS.Timeout | undefined;

  /** @param passingStateDelayMs zero announces every state at once */
  constructor(private readonly passingStateDelayMs = PASSING_STATE_DELAY_MS) {}

  /** Calls `listener` whenever there is something to take. Replaces the listener before. */
  onUnsent(listener: () => void): void {
    this.notify = listener;
  }

  report(taskId: string, status: TaskStatus): void {
    this.newest.set(taskId, status);
    this.unsent.add(taskId);
    const canWait = this.passingStateDelayMs > 0 && PASSING.has(status.state);
    if (canWait) this.later ??= setTimeout(this.announce, this.passingStateDelayMs);
    else this.announce();
  }

  /** The manager no longer wants to hear of the task. */
  forget(taskId: string): void {
    this.newest.delete(taskId);
    this.unsent.delete(taskId);
  }

  /** Nothing that was reported matters any longer. */
  clear(): void {
    this.newest.clear();
    this.unsent.clear();
    this.cancelLater();
  }

  /** A new session begins: its manager may have missed what was sent to another one. */
  resendAll(): void {
    for (const taskId of this.newest.keys()) this.unsent.add(taskId);
    if (this.unsent.size > 0) this.announce();
  }

  /** Everything unsent, which counts as sent from now on. */
  take(): TaskObservation[] {
    const batch = [...this.unsent].map((taskId) => ({ taskId, status: this.newest.get(taskId) }));
    this.unsent.clear();
    return batch;
  }

  private readonly announce = (): void => {
    this.cancelLater();
    this.notify();
  };

  private cancelLater(): void {
    clearTimeout(this.later);
    this.later = undefined;
  }
}
