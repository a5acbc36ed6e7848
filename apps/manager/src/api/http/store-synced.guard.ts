import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { delay, monotonicMs } from '#common/concurrency';
import { KEYS_DO_NOT_FIT, SWARM_LOCKED } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Cluster } from '#common/proto';
import type { ClusterView } from '#common/store';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

export const STORE_UNREACHABLE =
  'the cluster store (etcd) is not reachable from this manager; running containers are not affected, try again';

const LOOK_AGAIN_MS = 25;

const NOT_A_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

const A_WORKER =
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";

/** The cluster that this manager acts for. @throws DomainError UNAVAILABLE there is none, or the manager is locked; in Docker's words */
export function requireCluster({ store, membership }: Pick<ApiDependencies, 'store' | 'membership'>): Cluster {
  requireManager(membership);
  const cluster = store.view.cluster();
  if (!cluster) throw new DomainError('UNAVAILABLE', NOT_A_MANAGER);
  return cluster;
}

/** What is to be seen of the cluster: nothing while this manager is locked or has other keys, nor on a worker, to which there is only its host's engine. */
export function viewOfManager({ store, membership }: Pick<ApiDependencies, 'store' | 'membership'>): ClusterView | undefined {
  return membership.standing() === 'manager' ? store.view : undefined;
}

function requireManager(membership: ApiDependencies['membership']): void {
  const standing = membership.standing();
  if (standing === 'locked') throw new DomainError('UNAVAILABLE', SWARM_LOCKED);
  if (standing === 'keyless') throw new DomainError('UNAVAILABLE', KEYS_DO_NOT_FIT);
  if (standing === 'worker') throw new DomainError('UNAVAILABLE', A_WORKER);
}

/** Lets a request through only while the cluster's state can be seen: an old view is worse than an error. */
@Injectable()
export class StoreSyncedGuard implements CanActivate {
  constructor(
    @Inject(API_DEPENDENCIES) protected readonly api: Pick<ApiDependencies, 'store' | 'storePatienceMs' | 'membership'>,
  ) {}

  /** @throws DomainError UNAVAILABLE when the state does not come into sight in time */
  async canActivate(): Promise<boolean> {
    const { store, storePatienceMs, membership } = this.api;
    // It has no state of a cluster to be seen.
    if (membership.standing() === 'worker') return true;
    // Nearly every request passes here: one that need not wait is not to pay for a timer.
    if (store.isSynced()) return true;
    const patience = AbortSignal.timeout(storePatienceMs);
    const deadline = monotonicMs() + storePatienceMs;
    while (!store.isSynced() && monotonicMs() < deadline) await delay(LOOK_AGAIN_MS, patience);
    if (store.isSynced()) return true;
    throw new DomainError('UNAVAILABLE', STORE_UNREACHABLE);
  }
}

/** As StoreSyncedGuard, and there has to be a cluster that this manager may act for. */
@Injectable()
export class ClusterGuard extends StoreSyncedGuard {
  /** @throws DomainError UNAVAILABLE */
  override async canActivate(): Promise<boolean> {
    requireManager(this.api.membership);
    await super.canActivate();
    requireCluster(this.api);
    return true;
  }
}
