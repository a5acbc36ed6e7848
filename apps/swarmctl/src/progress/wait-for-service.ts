import { nanosToMs } from '#common/domain';
import type { Service } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import type { WaitFlags } from '../flags/tables/shared-flags';
import type { ManagerApi } from '../manager-api';
import { colorsFor } from '../render/colors';
import { renderOutcome, type ProgressView, type StopCause } from '../render/progress';
import { LineDisplay, LiveDisplay, NoDisplay, type ProgressDisplay } from '../render/progress-display';
import { writeLine, type Session } from '../session';
import type { ServiceSnapshot } from './decide-progress';
import type { Intent, Outcome } from './decide-wait';
import { EXIT_BY_OUTCOME, ServiceJudge } from './service-judge';
import { findStopCause } from './stop-cause';
import { waitUntilOver, type Awaited } from './wait-loop';

/** A service to wait for. */
export interface AwaitedService {
  readonly id: string;
  /** What to call it. */
  readonly name: string;
  readonly intent: Intent;
}

const NO_CAUSE: StopCause = { message: '', task: '' };

function displayFor(session: Session, flags: WaitFlags): ProgressDisplay {
  const { stderr, env } = session;
  if (flags.quiet) return new NoDisplay();
  return stderr.isTerminal ? new LiveDisplay(stderr, colorsFor(stderr, env)) : new LineDisplay(stderr);
}

/** What is known of the service from one look to the next. */
class ServiceWait implements Awaited<ServiceSnapshot> {
  private readonly display: ProgressDisplay;
  private readonly service: ServiceJudge;
  private view: ProgressView | undefined;

  constructor(
    private readonly session: Session,
    private readonly api: ManagerApi,
    private readonly awaited: AwaitedService,
    private readonly flags: WaitFlags,
  ) {
    this.display = displayFor(session, flags);
    this.service = new ServiceJudge(session.clock, awaited);
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
    const { view, outcome } = this.service.judge(snapshot);
    this.view = view;
    this.display.show(view);
    return outcome === undefined ? undefined : this.end(outcome, view, snapshot.service);
  }

  /** Being stable has to be seen anew after that. */
  showSilence(): void {
    this.service.forget();
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
