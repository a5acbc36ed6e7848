import { delay } from '#common/concurrency';
import type { Logger } from '#common/logging';
import { runReconciler, type LoopMetrics, type Reconciler } from '#common/reconcile';
import type { ClusterStore } from '#common/store';
import type { LeaderTerm } from './leader-term';

/** Wait before a loop that has failed is run again. */
const RETRY_MS = 500;

/** Work that only the leader does; it runs from the beginning of each term until it is done or the term's signal aborts. */
export type LeaderLoop = (term: LeaderTerm) => Promise<void>;

/** A reconciler as a leader's loop. */
export function reconcilerLoop<K extends string>(
  reconciler: Reconciler<K, LeaderTerm>,
  parts: { store: ClusterStore; logger: Logger; metrics: LoopMetrics },
): LeaderLoop {
  return (term) => runReconciler({ reconciler, term, afterFailure: () => term.renewFence(), ...parts }, term.signal);
}

/** Runs all loops for each term that this manager wins. A loop that fails is run again while the term lasts. */
export async function runLeaderLoops(terms: AsyncIterable<LeaderTerm>, loops: LeaderLoop[], logger: Logger): Promise<void> {
  for await (const term of terms) await Promise.all(loops.map((loop) => untilDone(loop, term, logger)));
}

async function untilDone(loop: LeaderLoop, term: LeaderTerm, logger: Logger): Promise<void> {
  while (!term.signal.aborted) {
    try {
      return await loop(term);
    } catch (error) {
      logger.warn({ err: error, term: term.number }, 'a loop of the leader failed, will run again');
      await delay(RETRY_MS, term.signal);
    }
  }
}
