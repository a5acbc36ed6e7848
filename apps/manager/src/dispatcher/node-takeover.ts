import { delay, monotonicMs } from '#common/concurrency';
import { NodeState } from '#common/domain';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { ClusterStore, ClusterView } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { RECONNECT_GRACE_MS } from './node-liveness';
import { NodeRecorder } from './node-recorder';

const PERIOD_MS = 500;

/**
 * The leader's care for nodes whose manager is dead: each has a grace period, counted from when the leader first sees it without a
 * manager, to find another one; then it is down.
 */
export function takeOverNodes(store: ClusterStore, logger: Logger): (term: LeaderTerm) => Promise<void> {
  const recorder = new NodeRecorder(store, logger);
  return async (term) => {
    const orphanedAt = new Map<string, number>();
    while (!term.signal.aborted) {
      if (store.isSynced()) {
        const now = monotonicMs();
        for (const { nodeId, managerId } of overdueNodes(store.view, orphanedAt, now)) {
          await recorder.lost(nodeId, managerId, 'the node did not find another manager').catch((error: unknown) =>
            logger.warn({ nodeId, reason: messageOf(error) }, 'could not record that the node is down, will retry'),
          );
        }
      }
      await delay(PERIOD_MS, term.signal);
    }
  };
}

function overdueNodes(view: ClusterView, orphanedAt: Map<string, number>, now: number): { nodeId: string; managerId: string }[] {
  const living = new Set(view.managers().map((manager) => manager.id));
  const orphans = view.nodes().flatMap((node) => {
    const observed = view.observedNode(node.id)?.observed;
    const isOrphan = observed?.status?.state === NodeState.ready && !living.has(observed.managerId);
    return isOrphan ? [{ nodeId: node.id, managerId: observed.managerId }] : [];
  });
  const orphanIds = new Set(orphans.map(({ nodeId }) => nodeId));
  for (const nodeId of orphanedAt.keys()) if (!orphanIds.has(nodeId)) orphanedAt.delete(nodeId);
  for (const nodeId of orphanIds) if (!orphanedAt.has(nodeId)) orphanedAt.set(nodeId, now);
  return orphans.filter(({ nodeId }) => now - (orphanedAt.get(nodeId) ?? now) >= RECONNECT_GRACE_MS);
}
