import { DEFAULT_UPDATE_MONITOR_NANOS, nanosToMs } from '#common/domain';
import type { Service } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import type { WaitFlags } from '../flags/tables/shared-flags';
import type { ManagerApi } from '../manager-api';
import { colorsFor } from '../render/colors';
import { renderOutcome, type ProgressView, type StopCause } from '../render/progress';
import { LineDisplay, LiveDisplay, NoDisplay, type ProgressDisplay } from '../render/progress-display';
import { writeLine, type Session } from '../session';
import { decideProgress, type Progress, type Rollout, type ServiceSnapshot } from './decide-progress';
import { decideWait, type Intent, type Outcome, type WaitMemory } from './decide-wait';
import { findStopCause } from './stop-cause';
import { waitUntilOver, type Awaited } from './wait-loop';

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

const NO_CAUSE: StopCause = { message: '', task: '' };

function displayFor(session: Session, flags: WaitFlags): ProgressDisplay {
  const { stderr, env } = session;
  if (flags.quiet) return new NoDisplay();
  return stderr.isTerminal ? new LiveDisplay(stderr, colorsFor(stderr, env)) : new LineDisplay(stderr);
}

/** How long the manager watches new tasks: a rollback has a time of its own. */
function monitorMsOf({ spec }: Service, rollout: Rollout, intent: Intent): number {
  // Between two moves all tasks run: a monitor time of its own that is short would take that for the end.
  if (intent === 'rebalance') return nanosToMs(DEFAULT_UPDATE_MONITOR_NANOS);
  const isRollback = rollout === 'rolling-back' || rollout === 'rolled-back';
  const config = isRollback ? spec?.rollbackConfig : spec?.updateConfig;
  // Zero counts as unset here as it does for Docker.
  return nanosToMs(config?.monitor || DEFAULT_UPDATE_MONITOR_NANOS);
}

/** What is known of the service from one look to the next. */
class ServiceWait implements Awaited<ServiceSnapshot> {
  private readonly display: ProgressDisplay;
  private memory: WaitMemory = {};
  private view: ProgressView | undefined;

  constructor(
    private readonly session: Session,
    private readonly api: ManagerApi,
    private readonly awaited: AwaitedService,
    private readonly flags: WaitFlags,
  ) {
    this.display = displayFor(session, flags);
  }

  async read(): Promise<ServiceSnapshot> {
    const { id } = this.awaited;
    const [service, tasks, nodes] = await Promise.all([
      this.api.service(id),
      this.api.tasks({ service: [id], '_up-to-date': ['true'] }),
      this.api.nodes(),
    ]);
    return { service: service.object, tasks: tasks.map(({ object }) => object), nodes: nodes.map(({ object }) => object) };
  }

  async judge(snapshot: ServiceSnapshot): Promise<ExitCode | undefined> {
    const { clock } = this.session;
    const { intent } = this.awaited;
    const observed = decideProgress(snapshot, clock.wallMs());
    // What became of the last update is not what a rebalancing is about.
    const progress: Progress = intent === 'rebalance' ? { ...observed, rollout: 'forward' } : observed;
    const monitorMs = monitorMsOf(snapshot.service, progress.rollout, intent);
    const rule = { intent, monitorMs, nowMs: clock.monotonicMs() };
    const { step, memory } = decideWait(progress, this.memory, rule);
    this.memory = memory;
    this.view = { service: this.awaited.name, progress, step, note: '' };
    this.display.show(this.view);
    return step.kind === 'end' ? this.end(step.outcome, this.view, snapshot.service) : undefined;
  }

  /** Being stable has to be seen anew after that. */
  showSilence(): void {
    this.memory = {};
    if (!this.view) return;
    this.display.show({ ...this.view, step: { kind: 'wait' }, note: 'the manager does not answer, trying again' });
  }

  farewell(why: string): string {
    const { name } = this.awaited;
    const progress = this.view ? ` at ${this.view.progress.done}/${this.view.progress.desired}` : '';
    return `${name}: ${why}${progress}; the service goes on by itself: swarmctl service ps ${name}`;
  }

  private async end(outcome: Outcome, view: ProgressView, service: Service): Promise<ExitCode> {
    const code = EXIT_BY_OUTCOME[outcome];
    if (this.flags.quiet && code === EXIT.ok) return code;
    const cause = code === EXIT.ok ? NO_CAUSE : await findStopCause(this.api, service, outcome);
    writeLine(this.session.stderr, renderOutcome(outcome, view, cause));
    return code;
  }
}

/**
 * Waits until the service has converged and stayed so, showing how it gets on. Ctrl-C, `--timeout` and an update that the
 * manager stops end the wait as well; only the wait: the service goes on.
 * @throws DomainError NOT_FOUND when the service is removed meanwhile · UNAVAILABLE when the manager stays away
 */
export function waitForService(session: Session, api: ManagerApi, awaited: AwaitedService, flags: WaitFlags): Promise<ExitCode> {
  const timeoutMs = flags.timeout === undefined ? undefined : nanosToMs(flags.timeout);
  return waitUntilOver(session, new ServiceWait(session, api, awaited, flags), timeoutMs);
}
