import { DEFAULT_UPDATE_MONITOR_NANOS, nanosToMs } from '#common/domain';
import { isCode } from '#common/errors';
import type { Service } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import type { WaitFlags } from '../flags/tables/shared-flags';
import type { ManagerApi } from '../manager-api';
import { colorsFor } from '../render/colors';
import { renderOutcome, type ProgressView } from '../render/progress';
import { LineDisplay, LiveDisplay, NoDisplay, type ProgressDisplay } from '../render/progress-display';
import { writeLine, type Session } from '../session';
import { decideProgress, type ServiceSnapshot } from './decide-progress';
import { decideWait, type Intent, type Outcome, type WaitMemory } from './decide-wait';

// Docker's own pace: quick enough to look live, and the manager answers from memory.
const POLL_INTERVAL_MS = 200;

// A manager that restarts, or one that takes over, is back well before this.
const MAX_SILENCE_MS = 30_000;

/** A service to wait for. */
export interface AwaitedService {
  readonly id: string;
  /** What to call it. */
  readonly name: string;
  readonly intent: Intent;
}

const EXIT_BY_OUTCOME = {
  converged: EXIT.ok,
  complete: EXIT.ok,
  exhausted: EXIT.jobFailed,
  paused: EXIT.updateStopped,
  'rollback-paused': EXIT.updateStopped,
  'rolled-back': EXIT.updateStopped,
} as const satisfies Record<Outcome, ExitCode>;

function displayFor(session: Session, flags: WaitFlags): ProgressDisplay {
  const { stderr, env } = session;
  if (flags.quiet) return new NoDisplay();
  return stderr.isTerminal ? new LiveDisplay(stderr, colorsFor(stderr, env)) : new LineDisplay(stderr);
}

function monitorMsOf({ spec }: Service): number {
  // Zero counts as unset here as it does for Docker.
  return nanosToMs(spec?.updateConfig?.monitor || DEFAULT_UPDATE_MONITOR_NANOS);
}

async function readSnapshot(api: ManagerApi, id: string): Promise<ServiceSnapshot> {
  const [service, tasks, nodes] = await Promise.all([
    api.service(id),
    api.tasks({ service: [id], '_up-to-date': ['true'] }),
    api.nodes(),
  ]);
  return { service: service.object, tasks: tasks.map(({ object }) => object), nodes: nodes.map(({ object }) => object) };
}

/** One wait from its first look to its last. */
class ServiceWait {
  private readonly display: ProgressDisplay;
  private readonly startedMs: number;
  private memory: WaitMemory = {};
  private view: ProgressView | undefined;
  private lastAnswerMs: number;

  constructor(
    private readonly session: Session,
    private readonly api: ManagerApi,
    private readonly awaited: AwaitedService,
    private readonly options: { readonly flags: WaitFlags; readonly interrupted: AbortSignal },
  ) {
    this.display = displayFor(session, options.flags);
    this.startedMs = session.clock.monotonicMs();
    this.lastAnswerMs = this.startedMs;
  }

  async run(): Promise<ExitCode> {
    const { interrupted } = this.options;
    const { clock } = this.session;
    const whenInterrupted = new Promise<void>((resolve) => {
      interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
    for (;;) {
      const lookedAtMs = clock.monotonicMs();
      const code = await Promise.race([this.look(), whenInterrupted]);
      if (interrupted.aborted) return this.giveUp('interrupted', EXIT.interrupted);
      if (code !== undefined) return code;
      if (this.isLate()) return this.giveUp('gave up waiting (--timeout)', EXIT.timeout);
      // A service so large that a look takes long is not looked at all the time.
      await clock.pause(Math.max(POLL_INTERVAL_MS, clock.monotonicMs() - lookedAtMs), interrupted);
    }
  }

  /** Looks once; the exit code when there is nothing more to wait for. */
  private async look(): Promise<ExitCode | undefined> {
    const snapshot = await this.tryToRead();
    if (!snapshot || this.options.interrupted.aborted) return undefined;
    const { clock } = this.session;
    const progress = decideProgress(snapshot, clock.wallMs());
    const rule = { intent: this.awaited.intent, monitorMs: monitorMsOf(snapshot.service), nowMs: clock.monotonicMs() };
    const { step, memory } = decideWait(progress, this.memory, rule);
    this.memory = memory;
    this.view = { service: this.awaited.name, progress, step, note: '' };
    this.display.show(this.view);
    return step.kind === 'end' ? this.end(step.outcome, this.view) : undefined;
  }

  /** A manager that is away for a moment does not end the wait; being stable has to be seen anew, though. */
  private async tryToRead(): Promise<ServiceSnapshot | undefined> {
    const { clock } = this.session;
    try {
      const snapshot = await readSnapshot(this.api, this.awaited.id);
      this.lastAnswerMs = clock.monotonicMs();
      return snapshot;
    } catch (error) {
      // The connection is closed while the last look is on its way.
      if (this.options.interrupted.aborted) return undefined;
      const mayComeBack = isCode(error, 'UNAVAILABLE') && clock.monotonicMs() - this.lastAnswerMs < MAX_SILENCE_MS;
      if (!mayComeBack) throw error;
      this.memory = {};
      this.showSilence();
      return undefined;
    }
  }

  private showSilence(): void {
    if (!this.view) return;
    this.display.show({ ...this.view, step: { kind: 'wait' }, note: 'the manager does not answer, trying again' });
  }

  private end(outcome: Outcome, view: ProgressView): ExitCode {
    const code = EXIT_BY_OUTCOME[outcome];
    if (!this.options.flags.quiet || code !== EXIT.ok) writeLine(this.session.stderr, renderOutcome(outcome, view));
    return code;
  }

  private isLate(): boolean {
    const { timeout } = this.options.flags;
    return timeout !== undefined && this.session.clock.monotonicMs() - this.startedMs >= nanosToMs(timeout);
  }

  private giveUp(why: string, code: ExitCode): ExitCode {
    const { name } = this.awaited;
    const progress = this.view ? ` at ${this.view.progress.done}/${this.view.progress.desired}` : '';
    writeLine(this.session.stderr, `${name}: ${why}${progress}; the service goes on by itself: swarmctl service ps ${name}`);
    return code;
  }
}

/**
 * Waits until the service has converged and stayed so, showing how it gets on. Ctrl-C, `--timeout` and an update that the
 * manager stops end the wait as well; only the wait: the service goes on.
 * @throws DomainError NOT_FOUND when the service is removed meanwhile · UNAVAILABLE when the manager stays away
 */
export async function waitForService(
  session: Session,
  api: ManagerApi,
  awaited: AwaitedService,
  flags: WaitFlags,
): Promise<ExitCode> {
  const interruption = new AbortController();
  const stopListening = session.onInterrupt(() => interruption.abort());
  try {
    return await new ServiceWait(session, api, awaited, { flags, interrupted: interruption.signal }).run();
  } finally {
    stopListening();
  }
}
