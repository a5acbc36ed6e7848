import { monotonicMs, supervise } from '#common/concurrency';
import { isAttachment } from '#common/domain';
import { isId } from '#common/identity';
import type { Logger } from '#common/logging';
import { Assignments_Type, type Assignments } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';
import type { AttachedContainers } from '../executor/attached-containers';
import type { ContainerEvent, Executor, ListedContainer } from '../executor/executor';
import type { NetworkHost } from '../executor/overlay-engine';
import type { FileHost } from '../payloads/file-host';
import { claimOfEvent, claimOfListing } from './container-claim';
import { toChanges } from './assignment-changes';
import { AttachmentRunner } from './attachment-runner';
import { PullCredentials } from './pull-credentials';
import type { Runner } from './runner';
import type { StatusReporter } from './status-reporter';
import { TaskRunner, type RunnerOrigin } from './task-runner';

type TaskEvent = Exclude<ContainerEvent, { kind: 'listening' }>;

/** What tasks run on. */
export interface WorkerEngine {
  readonly executor: Executor;
  readonly networks: NetworkHost;
  readonly files: FileHost;
  /** Containers of others, which have places on networks. */
  readonly containers: AttachedContainers;
}

/**
 * Keeps one runner per task that the manager assigned, and per container of ours that no task accounts for.
 * INVARIANT: no container is taken for an orphan before the first COMPLETE set of its cluster has arrived.
 */
export class Worker {
  private readonly runners = new Map<string, Runner>();
  private readonly credentials = new PullCredentials();
  private clusterId: string | undefined;
  private readonly endedClusters = new Set<string>();
  private knowsAll = false;
  private isCutOff = false;

  constructor(
    private readonly engine: WorkerEngine,
    private readonly statuses: StatusReporter,
    private readonly logger: Logger,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * The session is with this cluster. When it is another one than before, the tasks of the old one are left as they are, unless that one
   * has ended.
   */
  joinCluster(clusterId: string, ended: readonly string[] = []): void {
    this.forgetClusters(ended);
    this.endedClusters.delete(clusterId);
    if (clusterId === this.clusterId) return;
    if (this.clusterId !== undefined) this.logger.warn({ clusterId, previous: this.clusterId }, 'joined another cluster');
    this.halt();
    this.statuses.clear();
    this.clusterId = clusterId;
    this.knowsAll = false;
  }

  /** Nothing of these clusters is to stay here. @returns whether that is news of any of them */
  forgetClusters(clusterIds: readonly string[]): boolean {
    const known = this.endedClusters.size;
    for (const id of clusterIds) this.endedClusters.add(id);
    return this.endedClusters.size > known;
  }

  /** The session is over: until the next COMPLETE set, containers that end are restarted here if their policy says so. */
  partFromManager(): void {
    this.setCutOff(true);
  }

  /** Takes a set of assignments; sets have to come in order. */
  apply(message: Assignments): void {
    this.credentials.learn(message.registryAuth);
    this.engine.files.learn(message.payloads);
    const { assign, forget } = toChanges(this.runners.keys(), { ...message, update: this.admitted(message.update) });
    for (const task of assign) {
      const runner = this.runners.get(task.id);
      if (runner) runner.assign(task);
      else this.begin({ task });
    }
    for (const taskId of forget) {
      this.statuses.forget(taskId);
      this.runners.get(taskId)?.forget();
    }
    this.forgetPrepared();
    if (message.type !== Assignments_Type.COMPLETE) return;
    this.knowsAll = true;
    supervise(this.logger, 'sweeping files', this.engine.files.sweep(new Set(this.runners.keys())));
    // Not before: what the manager has decided meanwhile goes before what the agent would do.
    this.setCutOff(false);
  }

  /** Takes note of an event of the engine. */
  hear(event: TaskEvent): void {
    const runner = this.runners.get(event.taskId);
    if (runner) {
      // Only the runner itself makes its container, and it sees the result.
      if (event.kind !== 'phase' || event.phase !== 'created') runner.hear(claimOfEvent(event));
    } else if (event.kind === 'phase' && event.phase !== 'absent') {
      this.adoptOrphan({ ...event, id: event.containerId });
    }
  }

  /** Compares everything with the engine's list: after a gap in the events, and now and then in case one was lost. */
  async compareWithEngine(): Promise<void> {
    const listed = await this.engine.executor.list();
    const byTask = new Map(listed.filter(({ clusterId }) => this.isOurs(clusterId)).map((entry) => [entry.taskId, entry]));
    for (const runner of this.runners.values()) runner.hear(claimOfListing(byTask.get(runner.taskId)));
    for (const entry of byTask.values()) this.adoptOrphan(entry);
  }

  /** The engine answers again: nobody waits any longer. */
  retryNow(): void {
    for (const runner of this.runners.values()) runner.retryNow();
  }

  /** Number of tasks by observed state. */
  countByState(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { state } of this.runners.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return counts;
  }

  /** Does nothing more. Containers stay as they are. */
  halt(): void {
    for (const runner of this.runners.values()) runner.halt();
    this.runners.clear();
    this.forgetPrepared();
  }

  private forgetPrepared(): void {
    const toPrepare = (): Task[] => [...this.runners.values()].flatMap(({ taskToPrepare }) => taskToPrepare ?? []);
    this.credentials.keepOnly(() => new Set(toPrepare().map(({ serviceId }) => serviceId)));
    this.engine.files.keepOnly(toPrepare);
  }

  private removeFiles(taskId: string): void {
    supervise(this.logger, 'removing files of secrets and configs', this.engine.files.remove(taskId));
  }

  private setCutOff(isCutOff: boolean): void {
    if (isCutOff === this.isCutOff) return;
    this.isCutOff = isCutOff;
    for (const runner of this.runners.values()) runner.reconsider();
  }

  /** Ids end up in labels and in the engine's URLs: a task whose id is not one is none of ours. */
  private admitted(tasks: readonly Task[]): Task[] {
    const valid = tasks.filter((task) => isId(task.id));
    if (valid.length < tasks.length)
      this.logger.warn({ refused: tasks.length - valid.length }, 'refused tasks without a valid id');
    return valid;
  }

  private adoptOrphan({ id, taskId, clusterId }: Pick<ListedContainer, 'id' | 'taskId' | 'clusterId'>): void {
    if (!this.knowsAll || !this.isOurs(clusterId) || this.runners.has(taskId)) return;
    this.logger.info({ taskId, containerId: id }, 'removing a container that belongs to no task');
    this.begin({ taskId, orphanContainerId: id });
  }

  private isOurs(clusterId: string): boolean {
    return clusterId === this.clusterId || this.endedClusters.has(clusterId);
  }

  private begin(origin: RunnerOrigin): void {
    const runner = 'task' in origin && isAttachment(origin.task) ? this.attachmentRunner(origin.task) : this.taskRunner(origin);
    this.runners.set(runner.taskId, runner);
    supervise(this.logger, 'task runner', this.drive(runner));
  }

  private taskRunner(origin: RunnerOrigin): Runner {
    const { statuses, logger, now, clusterId = '' } = this;
    return new TaskRunner(origin, {
      ...this.engine,
      statuses,
      clusterId,
      now,
      isCutOff: () => this.isCutOff,
      registryAuth: (serviceId) => this.credentials.of(serviceId),
      prepared: () => this.forgetPrepared(),
      ended: (taskId) => this.removeFiles(taskId),
      logger,
    });
  }

  private attachmentRunner(task: Task): Runner {
    const { statuses, logger, now } = this;
    return new AttachmentRunner(task, { ...this.engine, statuses, now, monotonicMs, logger });
  }

  private async drive(runner: Runner): Promise<void> {
    try {
      await runner.run();
    } finally {
      if (this.runners.get(runner.taskId) === runner) {
        this.runners.delete(runner.taskId);
        if (!runner.isHalted) this.removeFiles(runner.taskId);
      }
      this.forgetPrepared();
    }
  }
}
