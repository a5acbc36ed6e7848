import { monotonicMs } from '#common/concurrency';
import type { Task } from '#common/proto';
import type { ObservedContainer } from '../executor/executor';
import { endedWell, type Observed } from './next-step';
import {
  afterRestart,
  decideOfflineRestart,
  earlierRestarts,
  type ContainerEnd,
  type OfflineVerdict,
  type RestartHistory,
} from './offline-restart';

/** An end that the managers have not been told of. */
export interface HeldEnd {
  /** Names the run that ended. */
  readonly startedAt: string;
  readonly exitCode: number;
  readonly unhealthy: boolean;
  readonly atMs: number;
  readonly verdict: OfflineVerdict;
}

/** More than this a timer cannot wait; it would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The ends of one task's container while no manager can be reached, and what was restarted after them.
 * INVARIANT: every end is judged once, when it is first seen; an end is over when another run of the container is seen.
 */
export class OfflineRestarts {
  private history: RestartHistory | undefined;
  private held: HeldEnd | undefined;
  private startFailed = false;

  constructor(private readonly nowMs: () => number = monotonicMs) {}

  /** Takes note of what was restarted before; only the first time, since afterwards it is known here. */
  learn(task: Task): void {
    this.history ??= earlierRestarts(task, this.nowMs());
  }

  /** Whether the container, which has ended, is to be started again. */
  due(task: Task, container: ObservedContainer, unhealthy: boolean): Observed['restart'] {
    this.held ??= this.judge(task, container, unhealthy);
    if (this.held.verdict.kind === 'report') return 'no';
    return this.waitMs() > 0 ? 'later' : 'now';
  }

  /** Milliseconds until the next restart is due. */
  waitMs(): number {
    if (this.held?.verdict.kind !== 'restart') return 0;
    const { atMs, verdict } = this.held;
    return Math.min(Math.max(atMs + verdict.afterMs - this.nowMs(), 0), LONGEST_TIMER_MS);
  }

  /** @returns the end that is over if the container has been started since, however it fared afterwards */
  seen(task: Task, container: ObservedContainer): HeldEnd | undefined {
    const { held } = this;
    if (!held || container.startedAt === held.startedAt) return undefined;
    this.count(task);
    this.startFailed = false;
    return held;
  }

  /** The container could not be started again, which is one more failure. @returns false when no restart was due */
  failed(task: Task): boolean {
    if (this.held?.verdict.kind !== 'restart') return false;
    this.count(task);
    this.startFailed = true;
    return true;
  }

  private count(task: Task): void {
    const verdict = this.held?.verdict;
    if (verdict?.kind === 'restart')
      this.history = afterRestart(task, this.historyOf(task), { atMs: this.nowMs(), failures: verdict.failures });
    this.held = undefined;
  }

  private judge(task: Task, container: ObservedContainer, unhealthy: boolean): HeldEnd {
    const { startedAt, exitCode } = container;
    const end: ContainerEnd = {
      failed: unhealthy || !endedWell(container),
      // The run that the engine tells of was counted before the start that failed.
      ranMs: this.startFailed ? 0 : container.ranMs,
      atMs: this.nowMs(),
    };
    return { startedAt, exitCode, unhealthy, atMs: end.atMs, verdict: decideOfflineRestart(task, end, this.historyOf(task)) };
  }

  private historyOf(task: Task): RestartHistory {
    return this.history ?? earlierRestarts(task, this.nowMs());
  }
}
