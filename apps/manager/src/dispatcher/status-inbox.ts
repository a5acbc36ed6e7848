import { monotonicMs, supervise } from '#common/concurrency';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { TaskObservation } from '#common/dispatcher-proto';
import { TaskStatus } from '#common/proto';
import { mayReport, TaskState } from '#common/domain';
import { keys, type ClusterStore, type Guard, type Write } from '#common/store';
import { LinePerNode } from './line-per-node';
import { readStatus } from './read-agent-message';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;
/** Of the values of one transaction: far below what etcd takes in one request (1.5 MiB). */
const MAX_BATCH_BYTES = 512 * 1024;

/** Why a status is not taken; the first two and the third also happen to honest agents that are late. */
export type DropReason =
  'unknown task' | "another node's task" | 'step backwards' | 'unreadable' | "another node's container" | 'too large for etcd';

/** A status, and what is stored of it: it is encoded once, however often it is tried. */
interface Waiting {
  readonly status: TaskStatus;
  readonly value: Uint8Array;
}

type Batch = readonly (readonly [taskId: string, waiting: Waiting])[];

/**
 * Statuses on their way into etcd: the newest of each task, many tasks per transaction, one transaction at a time. What comes in
 * while one is under way makes the next: no timer when the line is idle, full batches when it is busy. A batch that etcd calls too
 * large is halved until the one that is too large by itself is left, which is dropped: no node's statuses hold up another's.
 */
export class StatusInbox {
  private readonly newest = new Map<string, Waiting>();
  /** The transaction that is being committed. */
  private underWay: ReadonlyMap<string, Waiting> = new Map();
  private readonly lines = new LinePerNode();
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
      if (why !== undefined) this.count(why);
    }
    supervise(this.logger, 'statuses', this.drain());
  }

  /** @returns why it is dropped */
  private take(nodeId: string, taskId: string, told: TaskStatus | undefined): DropReason | undefined {
    const task = this.store.view.task(taskId);
    if (!task) return 'unknown task';
    if (task.nodeId !== nodeId) return "another node's task";
    const known = (this.newest.get(taskId) ?? this.underWay.get(taskId))?.status ?? task.status;
    let status: TaskStatus;
    try {
      status = readStatus(told, this.now());
    } catch (error) {
      this.warn(nodeId, { taskId: task.id, reason: messageOf(error) }, 'a status is dropped: it cannot be');
      return 'unreadable';
    }
    if (!mayReport(known, status)) return 'step backwards';
    const containerId = status.containerStatus?.containerId ?? '';
    if (this.isElsewhere(containerId, nodeId)) {
      this.warn(nodeId, { taskId, containerId }, 'a status is dropped: its container is on another node');
      return "another node's container";
    }
    const stamped = this.stamped(status, known);
    this.newest.set(taskId, { status: stamped, value: TaskStatus.encode(stamped).finish() });
    return undefined;
  }

  private count(why: DropReason): void {
    this.dropped.set(why, (this.dropped.get(why) ?? 0) + 1);
  }

  /** What a node does wrong, it may do thousands of times a second: the counter has them all, the log has some. */
  private warn(nodeId: string, what: object, message: string): void {
    if (this.lines.isDue(nodeId, monotonicMs())) this.logger.warn({ nodeId, ...what }, message);
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
        const batch = this.nextBatch();
        this.underWay = new Map(batch);
        if (!(await this.write(batch))) break;
      }
    } finally {
      this.underWay = new Map();
      this.writing = false;
    }
  }

  /** The first that wait, as many as fit into one transaction: they wait no longer. */
  private nextBatch(): Batch {
    // Each status has two guards.
    const most = this.store.maxOperations / 2;
    const batch: [string, Waiting][] = [];
    let bytes = 0;
    for (const [taskId, waiting] of this.newest) {
      bytes += waiting.value.length;
      if (batch.length === most || (batch.length > 0 && bytes > MAX_BATCH_BYTES)) break;
      batch.push([taskId, waiting]);
    }
    for (const [taskId] of batch) this.newest.delete(taskId);
    return batch;
  }

  /** @returns whether to go on at once */
  private async write(batch: Batch): Promise<boolean> {
    const present = batch.filter(([taskId, { status }]) => this.isNews(taskId, status));
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
      if (isCode(error, 'TOO_LARGE')) return this.writeHalves(present);
      this.putBack(present);
      // A task of the batch was deleted, or another manager has heard of it since; the view learns of it within moments.
      if (!isCode(error, 'ABORTED'))
        this.logger.warn({ err: error, statuses: present.length }, 'statuses were not stored, will retry');
      this.retryLater();
      return false;
    }
  }

  /** Of a batch that is too large for etcd. @returns as write */
  private async writeHalves(batch: Batch): Promise<boolean> {
    const [only] = batch;
    if (only && batch.length === 1) {
      const [taskId, { value }] = only;
      const nodeId = this.store.view.task(taskId)?.nodeId ?? '';
      this.warn(nodeId, { taskId, bytes: value.length }, 'a status is dropped: it is too large for etcd');
      this.count('too large for etcd');
      return true;
    }
    const middle = Math.ceil(batch.length / 2);
    if (await this.write(batch.slice(0, middle))) return this.write(batch.slice(middle));
    this.putBack(batch.slice(middle));
    return false;
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

  private putBack(batch: Batch): void {
    for (const [taskId, waiting] of batch) if (!this.newest.has(taskId)) this.newest.set(taskId, waiting);
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

function toWrite([taskId, { value }]: Batch[number]): Write {
  return { kind: 'put', key: keys.taskStatus(taskId), value };
}
