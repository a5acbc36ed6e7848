import { monotonicMs, supervise } from '#common/concurrency';
import { isCode } from '#common/errors';
import type { Logger } from '#common/logging';
import type { TaskObservation } from '#common/dispatcher-proto';
import { TaskStatus } from '#common/proto';
import { mayReport, TaskState } from '#common/domain';
import { keys, type ClusterStore, type Guard, type Write } from '#common/store';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;
/** An agent's words are cut at this many characters: a batch of statuses must fit etcd's request, whatever engines say. */
const MAX_TEXT = 4_096;

/**
 * Statuses on their way into etcd: the newest of each task, many tasks per transaction, one transaction at a time. What comes in
 * while one is under way makes the next: no timer when the line is idle, full batches when it is busy.
 */
export class StatusInbox {
  private readonly newest = new Map<string, TaskStatus>();
  /** The transaction that is being committed. */
  private underWay: ReadonlyMap<string, TaskStatus> = new Map();
  private retryMs = FIRST_RETRY_MS;
  private writing = false;
  private closed = false;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ClusterStore,
    private readonly logger: Logger,
    private readonly onCommit: (statuses: number, seconds: number) => void,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Takes what an agent reports of its own tasks. Others' tasks, unknown ones and steps backwards are dropped. */
  receive(nodeId: string, observations: readonly TaskObservation[]): void {
    for (const { taskId, status } of observations) {
      const task = this.store.view.task(taskId);
      if (!status || task?.nodeId !== nodeId) continue;
      const known = this.newest.get(taskId) ?? this.underWay.get(taskId) ?? task.status;
      if (mayReport(known, status)) this.newest.set(taskId, this.stamped(withShortTexts(status), known));
    }
    supervise(this.logger, 'statuses', this.drain());
  }

  /**
   * Agents' clocks may be wrong; what is decided by time is decided by the managers'. The time is that of the report: it may wait
   * long until etcd takes it, and what came after it has to keep when the task was first seen running.
   */
  private stamped(status: TaskStatus, known: TaskStatus | undefined): TaskStatus {
    const appliedAt = this.now().toISOString();
    const firstRunning = status.state === TaskState.running ? appliedAt : undefined;
    return { ...status, appliedAt, runningAt: known?.runningAt ?? firstRunning };
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retryTimer);
  }

  private async drain(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    try {
      while (this.newest.size > 0 && !this.closed) {
        // Each status has two guards.
        const batch = [...this.newest].slice(0, this.store.maxOperations / 2);
        for (const [taskId] of batch) this.newest.delete(taskId);
        this.underWay = new Map(batch);
        if (!(await this.write(batch))) break;
      }
    } finally {
      this.underWay = new Map();
      this.writing = false;
    }
  }

  /** @returns whether to go on at once */
  private async write(batch: [string, TaskStatus][]): Promise<boolean> {
    const present = batch.filter(([taskId, status]) => this.isNews(taskId, status));
    if (present.length === 0) return true;
    const startedAt = monotonicMs();
    try {
      await this.store.commit(
        present.flatMap(([taskId]) => this.guardsOf(taskId)),
        present.map(toWrite),
      );
      this.retryMs = FIRST_RETRY_MS;
      this.onCommit(present.length, (monotonicMs() - startedAt) / 1000);
      return true;
    } catch (error) {
      this.putBack(present);
      // A task of the batch was deleted, or another manager has heard of it since; the view learns of it within moments.
      if (!isCode(error, 'ABORTED'))
        this.logger.warn({ err: error, statuses: present.length }, 'statuses were not stored, will retry');
      this.retryLater();
      return false;
    }
  }

  /**
   * The task still exists, and nobody has written its status since this manager looked: a commit that is late must not put an older
   * status over a newer one, which the agent may have told another manager by now.
   */
  private guardsOf(taskId: string): Guard[] {
    const modRevision = this.store.view.taskStatusRevision(taskId);
    return [
      { key: keys.task(taskId), exists: true },
      { key: keys.taskStatus(taskId), modRevision },
    ];
  }

  private isNews(taskId: string, status: TaskStatus): boolean {
    const task = this.store.view.task(taskId);
    return task !== undefined && mayReport(task.status, status) && !isSame(task.status, status);
  }

  private putBack(batch: [string, TaskStatus][]): void {
    for (const [taskId, status] of batch) if (!this.newest.has(taskId)) this.newest.set(taskId, status);
  }

  private retryLater(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => supervise(this.logger, 'statuses', this.drain()), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
  }
}

/** An agent reports everything anew on each connection: what is known already is not written again. */
function isSame(known: TaskStatus | undefined, next: TaskStatus): boolean {
  if (!known) return false;
  const bare = (status: TaskStatus): string =>
    JSON.stringify(TaskStatus.toJSON({ ...status, timestamp: '', appliedAt: undefined, runningAt: undefined }));
  return bare(known) === bare(next);
}

function withShortTexts(status: TaskStatus): TaskStatus {
  return { ...status, message: status.message.slice(0, MAX_TEXT), err: status.err.slice(0, MAX_TEXT) };
}

function toWrite([taskId, status]: [string, TaskStatus]): Write {
  return { kind: 'put', key: keys.taskStatus(taskId), value: TaskStatus.encode(status).finish() };
}
