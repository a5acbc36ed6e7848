import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { DomainError } from '#common/errors';
import { API_DEPENDENCIES, type ApiDependencies } from '../ports';

export const STORE_UNREACHABLE =
  'the cluster store (etcd) is not reachable from this manager; running containers are not affected, try again';

/** Lets a request through only while the cluster's state can be seen: an old view is worse than an error. */
@Injectable()
export class StoreSyncedGuard implements CanActivate {
  constructor(@Inject(API_DEPENDENCIES) private readonly api: Pick<ApiDependencies, 'store'>) {}

  canActivate(): boolean {
    if (this.api.store.isSynced()) return true;
    throw new DomainError('UNAVAILABLE', STORE_UNREACHABLE);
  }
}
