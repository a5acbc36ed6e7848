import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { delay, monotonicMs } from '#common/concurrency';
import { DomainError } from '#common/errors';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

export const STORE_UNREACHABLE =
  'the cluster store (etcd) is not reachable from this manager; running containers are not affected, try again';

const LOOK_AGAIN_MS = 25;

/** Docker's words, which its clients look for. */
export function notInSwarm(): DomainError {
  return new DomainError(
    'UNAVAILABLE',
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}

/** Lets a request through only while the cluster's state can be seen: an old view is worse than an error. */
@Injectable()
export class StoreSyncedGuard implements CanActivate {
  constructor(@Inject(API_DEPENDENCIES) protected readonly api: Pick<ApiDependencies, 'store' | 'storePatienceMs'>) {}

  /** @throws DomainError UNAVAILABLE when the state does not come into sight in time */
  async canActivate(): Promise<boolean> {
    const { store, storePatienceMs } = this.api;
    // Nearly every request passes here: one that need not wait is not to pay for a timer.
    if (store.isSynced()) return true;
    const patience = AbortSignal.timeout(storePatienceMs);
    const deadline = monotonicMs() + storePatienceMs;
    while (!store.isSynced() && monotonicMs() < deadline) await delay(LOOK_AGAIN_MS, patience);
    if (store.isSynced()) return true;
    throw new DomainError('UNAVAILABLE', STORE_UNREACHABLE);
  }
}

/** As StoreSyncedGuard, and there has to be a cluster. */
@Injectable()
export class ClusterGuard extends StoreSyncedGuard {
  /** @throws DomainError UNAVAILABLE */
  override async canActivate(): Promise<boolean> {
    await super.canActivate();
    if (this.api.store.view.cluster()) return true;
    throw notInSwarm();
  }
}
