import { TaskState } from '#common/domain';
import { TaskObservation } from '#common/dispatcher-proto';
import { MAX_MESSAGE_TO_MANAGER_BYTES } from '#common/grpc';
import type { TaskStatus } from '#common/proto';

/** Nobody acts on a state that a task only passes through; most are replaced by a later one before this is over. */
const PASSING_STATE_DELAY_MS = 500;
const PASSING: ReadonlySet<TaskState | undefined> = new Set([
  TaskState.accepted,
  TaskState.preparing,
  TaskState.ready,
  TaskState.starting,
]);

/** Leaves room in a message for what is around it. */
const MAX_BATCH_BYTES = MAX_MESSAGE_TO_MANAGER_BYTES - 1_024;
/** What a message adds to each of those that it holds. */
const FRAME_BYTES = 8;
/** Longest text of a status: an engine's error may quote anything. More than managers keep. */
const MAX_TEXT = 8 * 1_024;

function withShortTexts(status: TaskStatus | undefined): TaskStatus | undefined {
  if (!status || (status.err.length <= MAX_TEXT && status.message.length <= MAX_TEXT)) return status;
  return { ...status, err: status.err.slice(0, MAX_TEXT), message: status.message.slice(0, MAX_TEXT) };
}

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

  get hasUnsent(): boolean {
    return this.unsent.size > 0;
  }

  /** What is unsent, as far as one message may hold it; it counts as sent from now on. */
  take(): TaskObservation[] {
    const batch: TaskObservation[] = [];
    let bytes = 0;
    for (const taskId of this.unsent) {
      const observation = { taskId, status: withShortTexts(this.newest.get(taskId)) };
      bytes += TaskObservation.encode(observation).finish().length + FRAME_BYTES;
      if (bytes > MAX_BATCH_BYTES && batch.length > 0) return batch;
      batch.push(observation);
      this.unsent.delete(taskId);
    }
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
