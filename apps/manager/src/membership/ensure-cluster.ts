import { NANOS_PER_MS, type SubnetPool } from '#common/domain';
import { isCode } from '#common/errors';
import { SwarmSpec } from '#common/proto';
import type { ClusterStore, Vault } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { creationOfCluster } from './new-cluster';
import { createRootCa } from './root-ca';

/** With what a cluster begins that nobody asked for by name. */
export interface FirstCluster {
  readonly pool: SubnetPool;
  readonly heartbeatPeriodMs: number;
}

/** Makes a cluster, if there has never been one: where managers are to do that by themselves. */
export function ensureCluster(store: ClusterStore, vault: Vault, first: FirstCluster): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    if (store.view.clusterRevision() !== 0) return;
    const heartbeatPeriod = first.heartbeatPeriodMs * NANOS_PER_MS;
    const spec = SwarmSpec.fromPartial({ dispatcher: { heartbeatPeriod } });
    const root = await createRootCa(new Date());
    const { guards, writes } = creationOfCluster(store.view, vault, { spec, pool: first.pool, root });
    try {
      await term.commit(guards, writes);
    } catch (error) {
      if (!isCode(error, 'ABORTED')) throw error;
    }
  };
}
