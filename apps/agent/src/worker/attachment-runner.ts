import { isTerminal, TaskState } from '#common/domain';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { EngineEndpoint, Task, TaskStatus } from '#common/proto';
import type { AttachedContainers } from '../executor/attached-containers';
import type { EngineAttachment, NetworkHost } from '../executor/overlay-engine';
import { toGoal, type Goal } from './next-step';
import type { Runner } from './runner';
import type { StatusReporter } from './status-reporter';
import { movedStatus, type StatusMove } from './task-status';
import { WakeSignal } from './wake-signal';

/** Between two looks at the engine, which tells when the container is gone, or off the network. */
const LOOK_MS = 2_000;
/** After networks that could not be had. */
const RETRY_MS = 1_000;
/** Whoever asked for the place makes the container within moments; a place that nobody takes is given back. */
const UNUSED_MS = 60_000;

/** What a runner of attachments works with. */
export interface AttachmentTools {
  readonly networks: NetworkHost;
  readonly containers: AttachedContainers;
  readonly statuses: StatusReporter;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

/**
 * Keeps the place on overlay networks of a container that somebody else makes: has the networks made on this host, says how the
 * engine is to be told of the place, and ends when the container is gone. The container itself is never touched.
 */
export class AttachmentRunner implements Runner {
  readonly taskId: string;
  readonly taskToPrepare = undefined;
  isHalted = false;
  private task: Task;
  private goal: Goal = 'run';
  private status: TaskStatus | undefined;
  private endpoints: readonly EngineEndpoint[] | undefined;
  /** Whether the container has been seen on its network, and as running. */
  private seen: 'never' | 'there' | 'running' = 'never';
  private readonly since: number;
  private readonly news = new WakeSignal();
  private readonly leaving = new AbortController();

  constructor(
    task: Task,
    private readonly tools: AttachmentTools,
  ) {
    this.taskId = task.id;
    this.task = task;
    this.status = task.status;
    this.since = tools.monotonicMs();
    this.assign(task);
  }

  get state(): TaskState {
    return this.status?.state ?? TaskState.assigned;
  }

  assign(task: Task): void {
    this.task = task;
    this.goal = toGoal(task.desiredState);
    this.news.wake();
  }

  forget(): void {
    this.goal = 'forget';
    this.news.wake();
  }

  /** The container is none of this agent's making: nobody tells of it. */
  hear(): void {}

  retryNow(): void {
    this.news.wake();
  }

  reconsider(): void {
    this.news.wake();
  }

  halt(): void {
    this.isHalted = true;
    this.leaving.abort();
    this.news.wake();
  }

  async run(): Promise<void> {
    while (!this.isHalted && this.goal !== 'forget') {
      if (isTerminal(this.state)) await this.news.wait();
      else if (this.goal !== 'run') this.move({ state: TaskState.shutdown });
      else await this.news.wait(await this.keep());
    }
  }

  /** @returns when to look again */
  private async keep(): Promise<number> {
    try {
      if (this.endpoints) await this.look(this.endpoints);
      else await this.attach();
      return LOOK_MS;
    } catch (error) {
      if (this.isHalted) return 0;
      const reason = messageOf(error);
      this.tools.logger.debug({ taskId: this.taskId, reason }, 'a place on a network cannot be kept, will retry');
      if (this.state !== TaskState.running && this.status?.err !== reason) this.move({ state: TaskState.preparing, err: reason });
      return RETRY_MS;
    }
  }

  private async attach(): Promise<void> {
    const attachments = await this.tools.networks.attach(this.task, this.leaving.signal);
    this.endpoints = attachments.map((attachment, index) => toEndpoint(attachment, this.networkIds[index] ?? ''));
    this.move({ state: TaskState.running, message: 'attached' });
  }

  private async look(endpoints: readonly EngineEndpoint[]): Promise<void> {
    const { containers, networks } = this.tools;
    const containerId = this.task.spec?.networkAttachmentSpec?.containerId ?? '';
    const found = containerId === '' ? undefined : await containers.find(containerId);
    if (containerId !== '' && !found) return this.move({ state: TaskState.complete, message: 'the container is gone' });
    const isOn = found?.networks.some((name) => endpoints.some(({ engineNetwork }) => engineNetwork === name)) ?? false;
    if (!found || !isOn) return this.endUnused();
    if (found.isRunning && this.seen !== 'running') networks.started(this.task);
    this.seen = found.isRunning ? 'running' : 'there';
  }

  private endUnused(): void {
    if (this.seen !== 'never') return this.move({ state: TaskState.complete, message: 'the container has left the network' });
    const isLate = this.tools.monotonicMs() - this.since > UNUSED_MS;
    if (isLate) this.move({ state: TaskState.complete, message: 'no container took the place' });
  }

  private get networkIds(): string[] {
    return this.task.networksAttachments.map(({ network }) => network?.id ?? '');
  }

  private move(move: Omit<StatusMove, 'at'>): void {
    const status = movedStatus(this.status, { ...move, at: this.tools.now() }, 'unknown');
    this.status = { ...status, ...(this.endpoints ? { engineEndpoints: { list: [...this.endpoints] } } : {}) };
    this.tools.statuses.report(this.taskId, this.status);
  }
}

function toEndpoint(
  { engineNetwork, address, ipv6Address = '', mac, gateway }: EngineAttachment,
  networkId: string,
): EngineEndpoint {
  return { networkId, engineNetwork, address, ipv6Address, mac, gateway };
}
