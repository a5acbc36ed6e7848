import { delay } from '#common/concurrency';
import { drainPeriodMs, isTerminal, stateRank, TaskState } from '#common/domain';
import { assertNever, DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { Task, TaskStatus } from '#common/proto';
import type { Executor, ObservedContainer, Preparation } from '../executor/executor';
import type { NetworkHost } from '../executor/overlay-engine';
import type { FileHost } from '../payloads/file-host';
import { contradicts, type Claim } from './container-claim';
import { failureMove, judgeFailure, retryDelayMs } from './failure';
import { nextStep, toGoal, type ContainerView, type Goal, type Observed, type Step } from './next-step';
import { OfflineRestarts } from './offline-restarts';
import type { Runner } from './runner';
import type { StatusReporter } from './status-reporter';
import { movedStatus, refreshedStatus, restartedStatus, type StatusMove } from './task-status';
import { WakeSignal } from './wake-signal';

/** What every runner of a node works with. */
export interface RunnerTools {
  readonly executor: Executor;
  readonly networks: NetworkHost;
  readonly files: FileHost;
  readonly statuses: StatusReporter;
  readonly clusterId: string;
  readonly now: () => Date;
  /** Whether no manager can be reached, as far as the agent has noticed. */
  readonly isCutOff: () => boolean;
  /** What the registry is told when the service's image is pulled: the X-Registry-Auth header. */
  readonly registryAuth: (serviceId: string) => string | undefined;
  /** A task of this node has its container, or never gets one. */
  readonly prepared: () => void;
  /** A task of this node has ended. */
  readonly ended: (taskId: string) => void;
  readonly logger: Logger;
}

/** What a runner starts from: an assignment, or a container that is in no assignment. */
export type RunnerOrigin = { readonly task: Task } | { readonly taskId: string; readonly orphanContainerId: string };

interface Attempt {
  readonly step: Step;
  readonly interrupt: AbortController;
}

/**
 * Drives one task to its goal: looks, takes the next step, looks again. Level-based: news only says that it is worth looking.
 * INVARIANTS: one step at a time; the reported state never moves back; no step is taken on a view that is in doubt.
 */
export class TaskRunner implements Runner {
  readonly taskId: string;
  private task: Task | undefined;
  private goal: Goal = 'forget';
  private status: TaskStatus | undefined;
  private view: ContainerView;
  private containerId: string | undefined;
  private claim: Claim | undefined;
  private unhealthy = false;
  /** The step that keeps failing, and how many times in a row; steps of other kinds in between do not count. */
  private trouble: { readonly kind: Step['kind']; readonly failures: number } | undefined;
  private readonly restarts = new OfflineRestarts();
  /** The agent is leaving, and everything stays as it is. */
  isHalted = false;
  private attempt: Attempt | undefined;
  private readonly news = new WakeSignal();
  private readonly logger: Logger;

  constructor(
    origin: RunnerOrigin,
    private readonly tools: RunnerTools,
  ) {
    this.taskId = 'task' in origin ? origin.task.id : origin.taskId;
    this.containerId = 'task' in origin ? undefined : origin.orphanContainerId;
    this.logger = tools.logger.child({ taskId: this.taskId });
    if ('task' in origin) this.assign(origin.task);
    // Nobody has touched a task that was only just assigned. Should that be wrong, making its container finds the one there is.
    this.view = 'task' in origin && stateRank(this.state) <= stateRank(TaskState.assigned) ? 'absent' : 'unknown';
  }

  /** The task, as long as its container is still to be made. */
  get taskToPrepare(): Task | undefined {
    return stateRank(this.state) < stateRank(TaskState.ready) ? this.task : undefined;
  }

  /** Newest state that the agent or a manager knows of. */
  get state(): TaskState {
    return this.status?.state ?? TaskState.assigned;
  }

  /** Takes a new or newer description of the task. A step that no longer serves its goal is interrupted. */
  assign(task: Task): void {
    this.task = task;
    this.restarts.learn(task);
    if (!this.status || stateRank(task.status?.state ?? TaskState.new) > stateRank(this.state)) this.status = task.status;
    this.setGoal(toGoal(task.desiredState));
  }

  /** The manager no longer speaks of the task: what is left of it goes. */
  forget(): void {
    this.setGoal('forget');
  }

  /** Takes note of what an event or a list says about the container. */
  hear(claim: Claim): void {
    if (typeof this.view === 'string' && claim.phase !== 'absent') this.containerId = claim.containerId ?? this.containerId;
    this.claim = claim;
    this.news.wake();
  }

  /** Ends a wait before the next try: the engine is back. */
  retryNow(): void {
    this.news.wake();
  }

  /** What the next step depends on has changed. One that no longer serves is interrupted. */
  reconsider(): void {
    const current = this.attempt;
    if (current && nextStep(this.observed(), this.goal).kind !== current.step.kind) {
      current.interrupt.abort(new DomainError('CANCELLED', 'the task is to do something else'));
    }
    this.news.wake();
  }

  /** The agent is leaving: nothing more is done, and the container stays as it is. */
  halt(): void {
    this.isHalted = true;
    this.attempt?.interrupt.abort(new DomainError('CANCELLED', 'the agent stops'));
    this.news.wake();
  }

  /** Runs until the task is forgotten and nothing is left of it, or until halted. */
  async run(): Promise<void> {
    while (!this.isHalted) {
      const step = nextStep(this.observe(), this.goal);
      if (step.kind === 'end') return;
      if (step.kind === 'pause') await this.rest();
      else await this.take(step);
    }
  }

  private setGoal(goal: Goal): void {
    this.goal = goal;
    this.reconsider();
  }

  private observe(): Observed {
    if (this.claim && contradicts(this.view, this.claim)) this.view = 'unknown';
    return this.observed();
  }

  private observed(): Observed {
    return { state: this.state, container: this.view, unhealthy: this.unhealthy, restart: this.restart() };
  }

  private restart(): Observed['restart'] {
    const { task, view, unhealthy } = this;
    const isOurs = this.tools.isCutOff() && this.goal === 'run' && !isTerminal(this.state);
    if (!isOurs || !task || typeof view === 'string' || view.phase !== 'exited') return 'no';
    return this.restarts.due(task, view, unhealthy);
  }

  private async rest(): Promise<void> {
    if (this.restart() === 'later') return this.news.wait(this.restarts.waitMs());
    // An adopted container may not be quite what the manager knows.
    const refreshed = this.status && !isTerminal(this.state) && refreshedStatus(this.status, this.view);
    if (refreshed) this.publish(refreshed);
    return this.news.wait();
  }

  private async take(step: Step): Promise<void> {
    const interrupt = new AbortController();
    this.attempt = { step, interrupt };
    try {
      await this.perform(step, interrupt.signal);
      if (this.trouble?.kind === step.kind) this.trouble = undefined;
    } catch (error) {
      // Whatever the step was about, it may have been done in part.
      this.view = 'unknown';
      if (!interrupt.signal.aborted) await this.recover(step, error);
    } finally {
      this.attempt = undefined;
    }
  }

  private async perform(step: Step, signal: AbortSignal): Promise<void> {
    const { executor, clusterId } = this.tools;
    switch (step.kind) {
      case 'report':
        return this.move({ state: step.state, err: step.err });
      case 'look':
        return this.see(await this.look());
      case 'prepare':
        return this.see(await executor.prepare(this.assigned(), clusterId, await this.preparation(signal)));
      case 'start':
        this.see(await executor.start(this.container().id, signal));
        if (this.task) this.tools.networks.started(this.task);
        return;
      case 'stop':
        await this.drain(signal);
        await executor.stop(this.container());
        return this.see('unknown');
      case 'remove':
        await executor.remove(this.container().id);
        return this.see('absent');
      case 'pause':
      case 'end':
        return;
      default:
        return assertNever(step);
    }
  }

  private async preparation(signal: AbortSignal): Promise<Preparation> {
    const task = this.assigned();
    const files = await this.tools.files.provide(task);
    const attachments = await this.tools.networks.attach(task, signal).catch((error: unknown) => {
      this.say(messageOf(error));
      throw error;
    });
    const registryAuth = this.tools.registryAuth(task.serviceId);
    return { signal, tell: (text) => this.say(text), registryAuth, attachments, files };
  }

  /** New connections already go elsewhere; those that the task has get some time to end. */
  private async drain(signal: AbortSignal): Promise<void> {
    const { task, goal, unhealthy } = this;
    const isServing = goal !== 'forget' && this.state === TaskState.running && !unhealthy;
    if (isServing && task && this.tools.networks.isCalled(task)) await delay(drainPeriodMs(task.serviceLabels), signal);
  }

  private async look(): Promise<ContainerView> {
    // What was claimed before the engine is asked is answered by its answer.
    this.claim = undefined;
    if (this.containerId !== undefined) return (await this.tools.executor.inspect(this.containerId)) ?? 'absent';
    return (this.task && (await this.tools.executor.find(this.task))) ?? 'absent';
  }

  private see(view: ContainerView): void {
    this.view = view;
    if (view === 'absent') this.containerId = undefined;
    if (typeof view === 'string') return;
    this.containerId = view.id;
    this.noteRestart(view);
    if (view.phase === 'running' && view.health === 'unhealthy') this.unhealthy = true;
  }

  private noteRestart(view: ObservedContainer): void {
    const last = this.task && this.restarts.seen(this.task, view);
    if (!last || !this.status) return;
    this.unhealthy = false;
    const restarts = (this.status.restarts ?? 0) + 1;
    this.publish(restartedStatus(this.status, { restarts, at: this.tools.now(), last }, view));
    this.logger.info({ restarts, exitCode: last.exitCode }, 'container restarted, no manager being within reach');
  }

  private async recover(step: Step, error: unknown): Promise<void> {
    const failures = (this.trouble?.kind === step.kind ? this.trouble.failures : 0) + 1;
    if (judgeFailure(error, step, failures) === 'give up') {
      this.trouble = undefined;
      return this.giveUp(step, error);
    }
    this.trouble = { kind: step.kind, failures };
    this.logger.debug({ reason: messageOf(error), step: step.kind, failures }, 'step failed, will be tried again');
    await this.news.wait(retryDelayMs(failures));
  }

  private giveUp(step: Step, error: unknown): void {
    if (step.kind === 'start' && this.task && this.restarts.failed(this.task)) return;
    const move = failureMove(this.state, step, error);
    this.logger.info({ state: move.state, reason: move.err, detail: move.message }, 'task cannot run here');
    this.move(move);
  }

  private move(move: Omit<StatusMove, 'at'>): void {
    this.publish(movedStatus(this.status, { ...move, at: this.tools.now() }, this.view));
    this.logger.debug({ state: move.state, reason: move.err }, 'task moved');
  }

  /** How far the preparation is. A container that is made anew, its task being ready already, is not worth the words. */
  private say(message: string): void {
    if (this.status?.state === TaskState.preparing) this.publish({ ...this.status, message });
  }

  private publish(status: TaskStatus): void {
    this.status = status;
    if (this.goal !== 'forget') this.tools.statuses.report(this.taskId, status);
    if (this.taskToPrepare === undefined) this.tools.prepared();
    if (isTerminal(this.state)) this.tools.ended(this.taskId);
  }

  private assigned(): Task {
    if (!this.task) throw new DomainError('INTERNAL', `no assignment for task ${this.taskId}, so its container cannot be made`);
    return this.task;
  }

  private container(): ObservedContainer {
    if (typeof this.view === 'string') throw new DomainError('INTERNAL', `the container of task ${this.taskId} is ${this.view}`);
    return this.view;
  }
}
