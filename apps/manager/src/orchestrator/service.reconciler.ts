import { WallClock } from '#common/concurrency';
import { NO_SERVICE, rebalancesItself, type AddressCursors } from '#common/domain';
import { newId } from '#common/identity';
import type { Logger } from '#common/logging';
import type { ServiceSpec } from '#common/proto';
import type { PassResult, Reconciler, Requeue } from '#common/reconcile';
import { keys as storeKeys, type ClusterView, type ViewChange } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { NodeInfoIndex } from '../scheduler/node-info-index';
import { PlacementSession } from '../scheduler/placement-session';
import { affinitiesOf } from '../scheduler/service-affinity';
import { AddressBook } from './addresses/address-book';
import { allocateAddresses } from './addresses/allocate-addresses';
import type { Change, Plan } from './change';
import { commitChanges } from './commit-changes';
import { decideAttachments } from './decide-attachments';
import { decideService } from './decide-service';
import { decidePlacements, tasksToPlace } from './place-tasks';
import { takeSnapshot, type DecisionInputs } from './service-snapshot';
import { isUpdating } from './update/decide-update-status';

export type ServiceKey = `service/${string}`;

/** Most services decided on one snapshot: bounds how long a pass holds the event loop. */
const MAX_BATCH = 64;
/** A task that gets on its way as it should asks for nothing, until a start-first move waits for it: ninety starts share few passes. */
const PROGRESS_MAY_WAIT_MS = 250;

/** What the services of a pass share. */
interface Pass {
  readonly session: PlacementSession;
  readonly book: AddressBook;
}

/** What the reconciler tells about its transactions. */
export interface OrchestratorMetrics {
  transactionWrites(count: number): void;
}

/** Keeps every service's tasks as its spec wants them. The only part of the orchestrator with I/O. */
export class ServiceReconciler implements Reconciler<ServiceKey, LeaderTerm> {
  readonly name = 'service';
  readonly maxBatch = MAX_BATCH;
  private readonly nodeInfos: NodeInfoIndex;
  /** Services with a task that no node took, and whether other services' tasks decide where theirs may go. */
  private readonly waiting = new Map<string, { hasAffinity: boolean }>();
  private readonly cursors: AddressCursors = new Map();
  /** The term that is led, and since when: counted anew when the clock was set. */
  private watched: { term: LeaderTerm; since: number; steadySince: number } | undefined;

  constructor(
    private readonly view: ClusterView,
    private readonly logger: Logger,
    private readonly metrics: OrchestratorMetrics,
    private readonly clock: Pick<WallClock, 'read'> = new WallClock(),
  ) {
    this.nodeInfos = new NodeInfoIndex(view);
  }

  *keysOf(change: ViewChange): Iterable<ServiceKey> {
    this.nodeInfos.invalidate(change);
    if (change.kind === 'service') yield toKey(change.id);
    if (change.kind === 'task') yield toKey(change.serviceId);
    if (change.kind === 'node') yield* this.concernedByNode(change.id);
    const freesRoom = mayFreeRoom(change);
    for (const [serviceId, { hasAffinity }] of this.waiting) {
      if (freesRoom || (hasAffinity && change.kind === 'task')) yield toKey(serviceId);
    }
  }

  mayWaitMs(change: ViewChange): number {
    if (change.kind !== 'task' || change.endedOrGone) return 0;
    const service = this.view.service(change.serviceId);
    return service && !isUpdating(service) ? PROGRESS_MAY_WAIT_MS : 0;
  }

  /** Services with tasks on the node, and those that have no task there yet but want one: everywhere, or to be spread onto it. */
  private *concernedByNode(nodeId: string): Iterable<ServiceKey> {
    for (const task of this.view.tasksOfNode(nodeId)) yield toKey(task.serviceId);
    for (const { id, spec } of this.view.services()) if (runsEverywhere(spec) || rebalancesItself(spec)) yield toKey(id);
  }

  *allKeys(): Iterable<ServiceKey> {
    this.nodeInfos.invalidate({ kind: 'everything' });
    for (const service of this.view.services()) yield toKey(service.id);
    for (const task of this.view.tasks()) if (!this.view.service(task.serviceId)) yield toKey(task.serviceId);
  }

  async reconcile(keys: readonly ServiceKey[], term: LeaderTerm): Promise<PassResult<ServiceKey>> {
    const { now, steadySince } = this.clock.read();
    if (this.watched?.term !== term || this.watched.steadySince !== steadySince) this.watched = { term, since: now, steadySince };
    const pass = {
      session: new PlacementSession(this.nodeInfos.all(), now),
      book: new AddressBook(this.view, this.cursors),
    };
    const changes: Change[] = [];
    const requeues: Requeue<ServiceKey>[] = [];
    const failed: ServiceKey[] = [];
    for (const key of keys) {
      try {
        const plan = this.decide(toServiceId(key), pass, {
          now,
          watchedSince: this.watched.since,
          steadySince,
          cluster: this.view.cluster()?.spec,
          newId,
        });
        changes.push(...plan.changes);
        if (plan.requeueAfterMs !== undefined) requeues.push({ key, afterMs: plan.requeueAfterMs });
      } catch (error) {
        failed.push(key);
        this.logger.error({ err: error, serviceId: toServiceId(key) }, 'a service could not be decided');
      }
    }
    if (changes.length === 0) return { requeues, failed };
    const transactions = await commitChanges(term, changes, now);
    for (const writes of transactions) this.metrics.transactionWrites(writes);
    this.logger.debug({ term: term.number, services: keys.length, changes: changes.length }, 'reconciled services');
    return { requeues, failed };
  }

  /** Decide → give addresses → schedule on one snapshot, for one service. */
  private decide(
    serviceId: string,
    { session, book }: Pass,
    inputs: DecisionInputs,
  ): { changes: Change[]; requeueAfterMs?: number } {
    if (serviceId === NO_SERVICE) return this.decideAttachments(book);
    // A service that cannot be read has not been removed: its tasks stay as they are.
    if (this.view.isUnreadable(storeKeys.service(serviceId))) return { changes: [] };
    const snapshot = takeSnapshot(this.view, () => session.nodes(), serviceId);
    const plan = decideService(snapshot, inputs);
    const toPlace = tasksToPlace(snapshot.tasks, plan.changes);
    const addresses = allocateAddresses(snapshot.service, snapshot.tasks, toPlace, book);
    const placements = decidePlacements(addresses.placeable, plan.changes, session, inputs.now);
    const { placement } = snapshot.service?.spec?.taskTemplate ?? {};
    const isWaiting = placements.isWaiting || addresses.held.size > 0;
    if (isWaiting) this.waiting.set(serviceId, { hasAffinity: affinitiesOf(placement).length > 0 });
    else this.waiting.delete(serviceId);
    return { ...plan, changes: [...plan.changes, ...addresses.changes, ...placements.changes] };
  }

  private decideAttachments(book: AddressBook): Plan {
    const tasks = this.view.tasksOfService(NO_SERVICE);
    const { changes, placeable } = allocateAddresses(undefined, tasks, tasksToPlace(tasks, []), book);
    const plan = decideAttachments(tasks, placeable, (id) => this.view.node(id));
    return { changes: [...changes, ...plan.changes] };
  }
}

function runsEverywhere(spec: ServiceSpec | undefined): boolean {
  return spec?.mode?.global !== undefined || spec?.mode?.globalJob !== undefined;
}

/** Whether a task that no node took might now find one. */
function mayFreeRoom(change: ViewChange): boolean {
  return change.kind === 'node' || change.kind === 'network' || (change.kind === 'task' && change.endedOrGone);
}

function toKey(serviceId: string): ServiceKey {
  return `service/${serviceId}`;
}

function toServiceId(key: ServiceKey): string {
  return key.slice('service/'.length);
}
