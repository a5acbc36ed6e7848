import type { LoopMetrics, Reconciler } from '#common/reconcile';
import { runReconciler } from '#common/reconcile';
import type { Logger } from '#common/logging';
import type { ClusterStore } from '#common/store';
import type { LeaderTerm } from './leader-term';

/** Work that only the leader does; it runs from the beginning of each term until the term's signal aborts. */
export type LeaderLoop = (term: LeaderTerm) => Promise<void>;

/** A reconciler as a leader's loop. */
export function reconcilerLoop<K extends string>(
  reconciler: Reconciler<K, LeaderTerm>,
  parts: { store: ClusterStore; logger: Logger; metrics: LoopMetrics },
): LeaderLoop {
  return (term) => runReconciler({ reconciler, term, ...parts }, term.signal);
}

/** Runs all loops for each term that this manager wins. */
export async function runLeaderLoops(terms: AsyncIterable<LeaderTerm>, loops: LeaderLoop[]): Promise<void> {
  for await (const term of terms) await Promise.all(loops.map((loop) => loop(term)));
}
