import { monotonicMs, supervise } from '#common/concurrency';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { TaskObservation } from '#common/dispatcher-proto';
import { TaskStatus } from '#common/proto';
import { mayReport, TaskState } from '#common/domain';
import { keys, type ClusterStore, type Guard, type Write } from '#common/store';
import { readStatus } from './read-agent-message';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

/** Why a status is not taken; the first two and the third also happen to honest agents that are late. */
export type DropReason = 'unknown task' | "another node's task" | 'step backwards' | 'unreadable' | "another node's container";

/**
 * Statuses on their way into etcd: the newest of each task, many tasks per transaction, one transaction at a time. What comes in
 * while one is under way makes the next: no timer when the line is idle, full batches when it is busy.
 */
export class StatusInbox {
  private readonly newest = new Map<string, TaskStatus>();
  /** The transaction that is being committed. */
  private underWay: ReadonlyMap<string, TaskStatus> = new Map();
  private retryMs = FIRST_RETRY_MS;
  /** How many statuses were not taken, by reason. */
  readonly dropped = new Map<DropReason, number>();
  private writing = false;
  private closed = false;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ClusterStore,
    private readonly logger: Logger,
    private readonly onCommit: (statuses: number, seconds: number) => void,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * Takes what an agent reports of its own tasks. What is about others' tasks or unknown ones, is a step backwards, cannot be read, or
   * names a container of another node is dropped.
   */
  receive(nodeId: string, observations: readonly TaskObservation[]): void {
    for (const { taskId, status } of observations) {
      const why = this.take(nodeId, taskId, status);
      if (why !== undefined) this.dropped.set(why, (this.dropped.get(why) ?? 0) + 1);
    }
    supervise(this.logger, 'statuses', this.drain());
  }

  /** @returns why it is dropped */
  private take(nodeId: string, taskId: string, told: TaskStatus | undefined): DropReason | undefined {
    const task = this.store.view.task(taskId);
    if (!task) return 'unknown task';
    if (task.nodeId !== nodeId) return "another node's task";
    const known = this.newest.get(taskId) ?? this.underWay.get(taskId) ?? task.status;
    let status: TaskStatus;
    try {
      status = readStatus(told, this.now());
    } catch (error) {
      this.logger.warn({ nodeId, taskId: task.id, reason: messageOf(error) }, 'a status is dropped: it cannot be');
      return 'unreadable';
    }
    if (!mayReport(known, status)) return 'step backwards';
    const containerId = status.containerStatus?.containerId ?? '';
    if (this.isElsewhere(containerId, nodeId)) {
      this.logger.warn({ nodeId, taskId, containerId }, 'a status is dropped: its container is on another node');
      return "another node's container";
    }
    this.newest.set(taskId, this.stamped(status, known));
    return undefined;
  }

  /** Ids of containers are unique: one that another node has reported is that node's. */
  private isElsewhere(containerId: string, nodeId: string): boolean {
    return containerId !== '' && this.store.view.tasksWithContainer(containerId).some((task) => task.nodeId !== nodeId);
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

function toWrite([taskId, status]: [string, TaskStatus]): Write {
  return { kind: 'put', key: keys.taskStatus(taskId), value: TaskStatus.encode(status).finish() };
}
