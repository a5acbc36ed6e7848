import { TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import type { Condition, Dependency } from '../compose/model';
import { EXIT, type ExitCode } from '../exit-codes';
import type { ManagerApi } from '../manager-api';
import type { Progress, ServiceSnapshot } from '../progress/decide-progress';
import type { Outcome } from '../progress/decide-wait';
import { EXIT_BY_OUTCOME, ServiceJudge } from '../progress/service-judge';
import { findStopCause } from '../progress/stop-cause';
import type { Awaited } from '../progress/wait-loop';
import { plainText } from '../render/plain-text';
import { renderOutcome, type ProgressView } from '../render/progress';
import { writeLine, type Session } from '../session';
import { ofStack } from './stack-state';
import type { StackDisplay } from './stack-display';

/** A service of a stack that is being deployed. */
export interface AwaitedService {
  /** In the file. */
  readonly key: string;
  readonly name: string;
  readonly isChanged: boolean;
  readonly dependsOn: Readonly<Record<string, Dependency>>;
  /** Creates or updates it, when all that it depends on is as it should be. @returns its id */
  deploy(): Promise<string>;
}

interface Look {
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
  readonly nodes: readonly Node[];
}

/** What is known of a service from one look to the next. */
interface Part {
  readonly service: AwaitedService;
  readonly judge: ServiceJudge;
  /** Undefined until it is deployed. */
  id?: string;
  view?: ProgressView;
  code?: ExitCode;
}

const WANTED: Readonly<Record<Condition, string>> = {
  service_started: 'run',
  service_healthy: 'be healthy',
  service_completed_successfully: 'complete',
};

/** Tasks of such a service are not replaced when they have done their work. */
function mayComplete({ spec }: Service): boolean {
  const condition = spec?.taskTemplate?.restartPolicy?.condition ?? '';
  return condition === 'none' || condition === 'on-failure';
}

const isComplete = ({ desired, places }: Progress): boolean =>
  desired > 0 && places.length === desired && places.every(({ state }) => state === TaskState.complete);

/** A service whose tasks end counts as running when each of them runs or has ended well, and has failed when nothing replaces them. */
function withEnded(progress: Progress, service: Service): Progress {
  if (progress.isJob || !mayComplete(service)) return progress;
  const isFinal = service.spec?.taskTemplate?.restartPolicy?.condition === 'none';
  const failed = progress.places.filter(({ state }) => state === TaskState.failed || state === TaskState.rejected).length;
  const places = progress.places.map((place) =>
    place.state === TaskState.complete ? { ...place, isDone: true, reason: '' } : place,
  );
  const done = places.filter(({ isDone }) => isDone).length;
  const isExhausted = isFinal && failed > 0 && done + failed === progress.desired;
  return { ...progress, places, done, converged: progress.desired === done, isExhausted };
}

/** Whether a service is as one that depends on it wants it. A job has started when each of its tasks has. */
export function holds(condition: Condition, progress: Progress): boolean {
  if (condition === 'service_completed_successfully') return progress.isJob ? progress.converged : isComplete(progress);
  const hasStarted = ({ state }: Progress['places'][number]): boolean =>
    state === TaskState.running || state === TaskState.complete;
  if (progress.isJob && condition === 'service_started') return progress.places.length > 0 && progress.places.every(hasStarted);
  return progress.converged;
}

/** What is rolled back runs, but not as it was to. */
function isMetBy({ view, code = EXIT.ok }: Part, condition: Condition): boolean {
  return code === EXIT.ok && view?.progress.rollout === 'forward' && holds(condition, view.progress);
}

/** Deploys the services of a stack in the order of their dependencies and waits until all of them are as they should be. */
export class StackWait implements Awaited<Look> {
  private readonly parts: readonly Part[];

  constructor(
    private readonly tools: { readonly session: Session; readonly api: ManagerApi },
    private readonly stack: string,
    services: readonly AwaitedService[],
    /** With `detach` the wait ends as soon as all services are deployed. */
    private readonly options: { readonly detach: boolean; readonly display: StackDisplay },
  ) {
    this.parts = services.map((service) => ({
      service,
      judge: new ServiceJudge(
        tools.session.clock,
        { name: service.name, intent: service.isChanged ? 'deploy' : 'rebalance' },
        withEnded,
      ),
    }));
  }

  async read(): Promise<Look> {
    const { api } = this.tools;
    await this.deployReady();
    const [services, tasks, nodes] = await Promise.all([
      api.services(ofStack(this.stack)),
      api.tasks({ ...ofStack(this.stack), '_up-to-date': ['true'] }),
      api.nodes(),
    ]);
    const objects = <T>(list: readonly { object: T }[]): T[] => list.map(({ object }) => object);
    return { services: objects(services), tasks: objects(tasks), nodes: objects(nodes) };
  }

  async judge(look: Look): Promise<ExitCode | undefined> {
    for (const part of this.parts) await this.judgePart(part, look);
    this.options.display.show(this.parts.map((part) => this.describe(part)));
    const waiting = this.parts.filter(({ id }) => id === undefined);
    const isStuck = waiting.every((part) => this.failedDependency(part) !== undefined);
    if (this.options.detach && waiting.length === 0) return EXIT.ok;
    const isOver = this.parts.every(({ code, id }) => code !== undefined || id === undefined);
    return isOver && isStuck ? this.end(waiting) : undefined;
  }

  /** Being stable has to be seen anew after that. */
  showSilence(): void {
    for (const { judge, code } of this.parts) if (code === undefined) judge.forget();
    this.options.display.note('the manager does not answer, trying again');
  }

  farewell(why: string): string {
    this.options.display.finish();
    const open = this.parts.filter(({ code }) => code === undefined);
    const undone = open.filter(({ id }) => id === undefined).map(({ service }) => service.name);
    const notDeployed = undone.length === 0 ? '' : `; not deployed: ${undone.join(', ')}`;
    return `${this.stack}: ${why} with ${open.length} of ${this.parts.length} services not there yet${notDeployed}; what was begun goes on by itself: swarmctl stack services ${this.stack}`;
  }

  private async deployReady(): Promise<void> {
    for (const part of this.parts) {
      if (part.id === undefined && this.unmet(part).length === 0) part.id = await part.service.deploy();
    }
  }

  private async judgePart(part: Part, { services, tasks, nodes }: Look): Promise<void> {
    const service = services.find(({ id }) => id === part.id);
    if (part.id === undefined || !service) return;
    const snapshot: ServiceSnapshot = { service, tasks: tasks.filter(({ serviceId }) => serviceId === part.id), nodes };
    const { view, outcome } = part.judge.judge(snapshot);
    // Also of one that has ended well: others may wait until it completes.
    part.view = view;
    if (part.code !== undefined) return;
    // What was not touched and runs has nothing to prove.
    const ended = outcome ?? (!part.service.isChanged && view.progress.converged ? 'converged' : undefined);
    if (ended !== undefined) part.code = await this.endPart(ended, view, service);
  }

  private async endPart(outcome: Outcome, view: ProgressView, service: Service): Promise<ExitCode> {
    const code = EXIT_BY_OUTCOME[outcome];
    const cause = code === EXIT.ok ? { message: '', task: '' } : await findStopCause(this.tools.api, service, outcome);
    this.options.display.end(renderOutcome(outcome, view, cause), code === EXIT.ok);
    return code;
  }

  /** What has to hold before a service is deployed, and does not yet. */
  private unmet({ service }: Part): [Part, Condition][] {
    return Object.entries(service.dependsOn).flatMap(([key, { condition }]): [Part, Condition][] => {
      const other = this.parts.find((part) => part.service.key === key);
      return !other || isMetBy(other, condition) ? [] : [[other, condition]];
    });
  }

  /** The service that keeps this one from ever being deployed. */
  private failedDependency(part: Part): Part | undefined {
    for (const [other] of this.unmet(part)) {
      if (other.code !== undefined && other.code !== EXIT.ok) return other;
      const further = other.id === undefined ? this.failedDependency(other) : undefined;
      if (further) return further;
    }
    return undefined;
  }

  private describe(part: Part): { name: string; view?: ProgressView; waitsFor?: string; code?: ExitCode } {
    const { service, view, code } = part;
    const waitsFor = this.unmet(part).map(([other, condition]) => `${other.service.name} to ${WANTED[condition]}`);
    return {
      name: service.name,
      view,
      code,
      ...(part.id === undefined && waitsFor.length > 0 ? { waitsFor: waitsFor.join(', ') } : {}),
    };
  }

  /** The code of the first service that has failed. */
  private end(undone: readonly Part[]): ExitCode {
    this.options.display.finish();
    for (const part of undone) {
      const because = this.failedDependency(part)?.service.name ?? '';
      writeLine(this.tools.session.stderr, plainText(`${part.service.name}: not deployed, since it depends on ${because}`));
    }
    const failed = this.parts.map(({ code }) => code ?? EXIT.ok).find((code) => code !== EXIT.ok);
    return failed ?? (undone.length === 0 ? EXIT.ok : EXIT.updateStopped);
  }
}
