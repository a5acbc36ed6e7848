import { delay, monotonicMs } from '#common/concurrency';
import { NodeState } from '#common/domain';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { ObservedNode } from '#common/proto';
import { keys, type ClusterStore, type ClusterView, type Guard, type Write } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { RECONNECT_GRACE_MS } from './node-liveness';
import { lostNode } from './node-record';

const PERIOD_MS = 1_000;
/** Each node takes up to two guards of a transaction. */
const MAX_NODES_AT_ONCE = 60;

/**
 * The leader's care for nodes whose manager is dead: each has a grace period, counted from when the leader first sees it without a
 * manager, to find another one; then it is down.
 */
export function takeOverNodes(store: ClusterStore, logger: Logger): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    const orphanedAt = new Map<string, number>();
    while (!term.signal.aborted) {
      const overdue = store.isSynced() ? overdueNodes(store.view, orphanedAt, monotonicMs()).slice(0, MAX_NODES_AT_ONCE) : [];
      if (overdue.length > 0) {
        await term.commit(guardsOf(overdue), overdue.map(toWrite)).then(
          () => logger.warn({ nodes: overdue.map(({ nodeId }) => nodeId) }, 'nodes are down: they did not find another manager'),
          (error: unknown) => logger.warn({ reason: messageOf(error) }, 'could not record that nodes are down, will retry'),
        );
      }
      await delay(PERIOD_MS, term.signal);
    }
  };
}

interface Orphan {
  nodeId: string;
  observed: ObservedNode;
  modRevision: number;
}

/** Neither the nodes nor their managers have been heard of since: whoever is back makes the transaction fail. */
function guardsOf(orphans: readonly Orphan[]): Guard[] {
  const managers = new Set(orphans.map(({ observed }) => observed.managerId));
  return [
    ...[...managers].map((id): Guard => ({ key: keys.manager(id), createRevision: 0 })),
    ...orphans.map(({ nodeId, modRevision }): Guard => ({ key: keys.nodeStatus(nodeId), modRevision })),
  ];
}

function toWrite({ nodeId, observed }: Orphan): Write {
  const value = ObservedNode.encode(lostNode(observed, 'the node did not find another manager', new Date())).finish();
  return { kind: 'put', key: keys.nodeStatus(nodeId), value };
}

function overdueNodes(view: ClusterView, orphanedAt: Map<string, number>, now: number): Orphan[] {
  const living = new Set(view.managers().map((manager) => manager.id));
  const orphans = view.nodes().flatMap((node): Orphan[] => {
    const known = view.observedNode(node.id);
    const isOrphan = known?.observed.status?.state === NodeState.ready && !living.has(known.observed.managerId);
    return isOrphan ? [{ nodeId: node.id, ...known }] : [];
  });
  const orphanIds = new Set(orphans.map(({ nodeId }) => nodeId));
  for (const nodeId of orphanedAt.keys()) if (!orphanIds.has(nodeId)) orphanedAt.delete(nodeId);
  for (const nodeId of orphanIds) if (!orphanedAt.has(nodeId)) orphanedAt.set(nodeId, now);
  return orphans.filter(({ nodeId }) => now - (orphanedAt.get(nodeId) ?? now) >= RECONNECT_GRACE_MS);
}
