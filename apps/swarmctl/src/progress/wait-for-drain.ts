import { isOnNode, nanosToMs, observedState } from '#common/domain';
import type { Task } from '#common/proto';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Fetched, ManagerApi } from '../manager-api';
import { colorsFor } from '../render/colors';
import { renderCountLeft, type DrainView } from '../render/drain';
import { LineDrainDisplay, LiveDrainDisplay, type DrainDisplay } from '../render/drain-display';
import { plainText } from '../render/plain-text';
import { writeLine, type Session } from '../session';
import { decideDrain, type DrainSnapshot } from './decide-drain';
import { waitUntilOver, type Awaited } from './wait-loop';

/** Looks in a row without a task on the node: one that was placed there just before the drain may show up a moment later. */
const LOOKS_TO_BE_SURE = 3;

/** A node that is being drained. */
export interface DrainedNode {
  readonly id: string;
  /** What to call it. */
  readonly name: string;
}

class DrainWait implements Awaited<DrainSnapshot> {
  private readonly display: DrainDisplay;
  private view: DrainView | undefined;
  private emptyLooks = 0;

  constructor(
    private readonly session: Session,
    private readonly api: ManagerApi,
    private readonly drained: DrainedNode,
  ) {
    const { stderr, env } = session;
    this.display = stderr.isTerminal ? new LiveDrainDisplay(stderr, colorsFor(stderr, env)) : new LineDrainDisplay(stderr);
  }

  async read(): Promise<DrainSnapshot> {
    const { id } = this.drained;
    const [{ object: node }, onNode] = await Promise.all([this.api.node(id), this.api.tasks({ node: [id] })]);
    const isLeft = ({ object }: Fetched<Task>): boolean => isOnNode(observedState(object));
    const serviceIds = [...new Set(onNode.filter(isLeft).map(({ object }) => object.serviceId))];
    if (serviceIds.length === 0) return { node, tasks: [], services: new Map() };
    const [services, tasks] = await Promise.all([this.api.services({ id: serviceIds }), this.api.tasks({ service: serviceIds })]);
    return {
      node,
      tasks: tasks.map(({ object }) => object),
      services: new Map(services.map(({ object }) => [object.id, object.spec?.name ?? object.id])),
    };
  }

  judge(snapshot: DrainSnapshot): ExitCode | undefined {
    const progress = decideDrain(snapshot, this.session.clock.wallMs());
    const { name } = this.drained;
    if (progress.isWithdrawn)
      return this.end('is not to be drained any more: somebody has changed its availability', EXIT.refused);
    this.emptyLooks = progress.left.length === 0 ? this.emptyLooks + 1 : 0;
    if (this.emptyLooks >= LOOKS_TO_BE_SURE) return this.end('drained, no task runs on it', EXIT.ok);
    this.view = { node: name, progress, note: '' };
    this.display.show(this.view);
    return undefined;
  }

  showSilence(): void {
    this.emptyLooks = 0;
    if (this.view) this.display.show({ ...this.view, note: 'the manager does not answer, trying again' });
  }

  farewell(why: string): string {
    const { name } = this.drained;
    const left = this.view ? ` with ${renderCountLeft(this.view.progress)}` : '';
    return plainText(`${name}: ${why}${left}; the drain goes on by itself: swarmctl node ps ${name}`);
  }

  private end(how: string, code: ExitCode): ExitCode {
    writeLine(this.session.stderr, plainText(`${this.drained.name}: ${how}`));
    return code;
  }
}

/**
 * Waits until no task is left on the node, showing what keeps those that are. Ctrl-C and `timeout` (in nanoseconds) end the wait
 * as well; only the wait: the drain goes on.
 * @throws DomainError NOT_FOUND when the node is removed meanwhile · UNAVAILABLE when the manager stays away
 */
export function waitForDrain(
  session: Session,
  api: ManagerApi,
  node: DrainedNode,
  timeout: number | undefined,
): Promise<ExitCode> {
  return waitUntilOver(session, new DrainWait(session, api, node), timeout === undefined ? undefined : nanosToMs(timeout));
}
