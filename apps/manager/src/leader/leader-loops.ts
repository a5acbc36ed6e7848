import { delay, monotonicMs } from '#common/concurrency';
import type { Logger } from '#common/logging';
import { runReconciler, type LoopMetrics, type Reconciler } from '#common/reconcile';
import type { ClusterStore } from '#common/store';
import type { LeaderTerm } from './leader-term';

/** Wait before a loop that has failed is run again. */
const RETRY_MS = 500;
/** A loop that has run for so long was a good one: its next failure is the first of a new row. */
const SETTLED_MS = 5_000;
/** In a row: ten seconds of nothing but failures. */
const MOST_FAILURES = 20;

/** Work that only the leader does; it runs from the beginning of each term until it is done or the term's signal aborts. */
export type LeaderLoop = (term: LeaderTerm) => Promise<void>;

/** A reconciler as a leader's loop. */
export function reconcilerLoop<K extends string>(
  reconciler: Reconciler<K, LeaderTerm>,
  parts: { store: ClusterStore; logger: Logger; metrics: LoopMetrics },
): LeaderLoop {
  return (term) => runReconciler({ reconciler, term, afterFailure: () => term.renewFence(), ...parts }, term.signal);
}

/** What the leader does in each term. */
export interface LeaderWork {
  /** Done once they return. */
  readonly once: readonly LeaderLoop[];
  /** Return when the term's signal aborts, and not before. */
  readonly loops: readonly LeaderLoop[];
}

/**
 * Does the work in each term that this manager wins. What fails, or ends although the term lasts, is run again; what does nothing but
 * fail makes this manager resign, so that another one, or a later term of its own that begins anew, can do it. The process stays: its
 * API and its agents' streams do not need a leader's loops.
 */
export async function runLeaderLoops(
  terms: AsyncIterable<LeaderTerm>,
  { once, loops }: LeaderWork,
  logger: Logger,
): Promise<void> {
  for await (const term of terms) {
    const endless = loops.map((loop) => async (running: LeaderTerm) => {
      await loop(running);
      if (!running.signal.aborted) throw new Error('the loop returned although the term lasts');
    });
    await Promise.all([...once, ...endless].map((loop) => untilDone(loop, term, logger)));
  }
}

async function untilDone(loop: LeaderLoop, term: LeaderTerm, logger: Logger): Promise<void> {
  let failures = 0;
  while (!term.signal.aborted) {
    const startedAt = monotonicMs();
    try {
      return await loop(term);
    } catch (error) {
      failures = monotonicMs() - startedAt > SETTLED_MS ? 1 : failures + 1;
      if (failures === MOST_FAILURES) {
        logger.error({ err: error, term: term.number, failures }, 'a loop of the leader only fails, this manager resigns');
        return term.resign();
      }
      logger.warn({ err: error, term: term.number }, 'a loop of the leader failed, will run again');
      await delay(RETRY_MS, term.signal);
    }
  }
}
