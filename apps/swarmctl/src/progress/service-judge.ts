import { DEFAULT_UPDATE_MONITOR_NANOS, nanosToMs } from '#common/domain';
import type { Service } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import type { ProgressView } from '../render/progress';
import type { Clock } from '../session';
import { decideProgress, type Progress, type Rollout, type ServiceSnapshot } from './decide-progress';
import { decideWait, type Intent, type Outcome, type WaitMemory } from './decide-wait';

/** How a command ends when waiting for a service ended so. */
export const EXIT_BY_OUTCOME = {
  converged: EXIT.ok,
  complete: EXIT.ok,
  exhausted: EXIT.jobFailed,
  paused: EXIT.updateStopped,
  'rollback-paused': EXIT.updateStopped,
  'rolled-back': EXIT.updateStopped,
} as const satisfies Record<Outcome, ExitCode>;

/** How long the manager watches new tasks: a rollback has a time of its own. */
function monitorMsOf({ spec }: Service, rollout: Rollout, intent: Intent): number {
  // Between two moves all tasks run: a monitor time of its own that is short would take that for the end.
  if (intent === 'rebalance') return nanosToMs(DEFAULT_UPDATE_MONITOR_NANOS);
  const isRollback = rollout === 'rolling-back' || rollout === 'rolled-back';
  const config = isRollback ? spec?.rollbackConfig : spec?.updateConfig;
  // Zero counts as unset here as it does for Docker.
  return nanosToMs(config?.monitor || DEFAULT_UPDATE_MONITOR_NANOS);
}

/** Judges one service from one look to the next. */
export class ServiceJudge {
  private memory: WaitMemory = {};

  constructor(
    private readonly clock: Clock,
    /** What to call it, and what was asked for. */
    private readonly awaited: { readonly name: string; readonly intent: Intent },
    /** How the progress is to be seen, when not as it is. */
    private readonly adjust: (progress: Progress, service: Service) => Progress = (progress) => progress,
  ) {}

  /** How the service is doing, and whether that is the end. */
  judge(snapshot: ServiceSnapshot): { view: ProgressView; outcome?: Outcome } {
    const { name, intent } = this.awaited;
    const observed = this.adjust(decideProgress(snapshot, this.clock.wallMs()), snapshot.service);
    // What became of the last update is not what a rebalancing is about.
    const progress: Progress = intent === 'rebalance' ? { ...observed, rollout: 'forward' } : observed;
    const monitorMs = monitorMsOf(snapshot.service, progress.rollout, intent);
    const { step, memory } = decideWait(progress, this.memory, { intent, monitorMs, nowMs: this.clock.monotonicMs() });
    this.memory = memory;
    const view = { service: name, progress, step, note: '' };
    return step.kind === 'end' ? { view, outcome: step.outcome } : { view };
  }

  /** Being stable has to be seen anew. */
  forget(): void {
    this.memory = {};
  }
}
