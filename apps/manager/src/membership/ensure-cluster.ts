import { isCode } from '#common/errors';
import { newId } from '#common/identity';
import { Cluster } from '#common/proto';
import { keys, type ClusterStore } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';

/** The first leader ever gives the cluster its id. */
export function ensureCluster(store: ClusterStore): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    if (store.view.cluster()) return;
    const now = new Date().toISOString();
    const cluster = Cluster.encode({ id: newId(), version: undefined, createdAt: now, updatedAt: now }).finish();
    try {
      await term.commit([{ key: keys.cluster, createRevision: 0 }], [{ kind: 'put', key: keys.cluster, value: cluster }]);
    } catch (error) {
      if (!isCode(error, 'ABORTED')) throw error;
    }
  };
}
