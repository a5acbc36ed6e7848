import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { delay, monotonicMs } from '#common/concurrency';
import { DomainError } from '#common/errors';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

export const STORE_UNREACHABLE =
  'the cluster store (etcd) is not reachable from this manager; running containers are not affected, try again';

/** A busy moment, or a watch that is begun anew, is over by then; a client hears within two seconds that etcd is away. */
const PATIENCE_MS = 1_500;
const LOOK_AGAIN_MS = 25;

/** Lets a request through only while the cluster's state can be seen: an old view is worse than an error. */
@Injectable()
export class StoreSyncedGuard implements CanActivate {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: Pick<ApiDependencies, 'store'>) {}

  /** @throws DomainError UNAVAILABLE when the state does not come into sight in time */
  async canActivate(): Promise<boolean> {
    const { store } = this.api;
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const deadline = monotonicMs() + PATIENCE_MS;
    while (!store.isSynced() && monotonicMs() < deadline) await delay(LOOK_AGAIN_MS, patience);
    if (store.isSynced()) return true;
    throw new DomainError('UNAVAILABLE', STORE_UNREACHABLE);
  }
}
