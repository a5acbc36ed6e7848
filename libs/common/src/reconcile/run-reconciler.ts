import { monotonicMs } from '../concurrency';
import type { Logger } from '../logging';
import type { ClusterStore } from '../store';
import type { Reconciler } from './reconciler';
import { WorkQueue } from './work-queue';

/** What a loop tells about itself. */
export interface LoopMetrics {
  queueDepth(loop: string, depth: number): void;
  passDone(loop: string, seconds: number, outcome: 'ok' | 'failed'): void;
}

export interface ReconcilerLoop<K extends string, Term> {
  reconciler: Reconciler<K, Term>;
  store: ClusterStore;
  term: Term;
  /** Makes sure, after a pass of unknown outcome, that the view shows what it did before the next pass decides. */
  afterFailure(): Promise<void>;
  logger: Logger;
  metrics: LoopMetrics;
}

/** Feeds a reconciler with keys until the signal aborts. One pass at a time: a pass sees what the one before it has done. */
export async function runReconciler<K extends string, Term>(loop: ReconcilerLoop<K, Term>, signal: AbortSignal): Promise<void> {
  const { reconciler, store } = loop;
  const queue = new WorkQueue<K>();
  const addAll = (): void => {
    for (const key of reconciler.allKeys()) queue.add(key);
  };
  const unsubscribe = store.onChange((changes) => {
    for (const change of changes) {
      const waitMs = reconciler.mayWaitMs(change);
      if (change.kind === 'everything') addAll();
      else for (const key of reconciler.keysOf(change)) queue.addAfter(key, waitMs);
    }
  });
  addAll();
  try {
    let sure = true;
    while (!signal.aborted) {
      const keys = await queue.take(reconciler.maxBatch, signal);
      loop.metrics.queueDepth(reconciler.name, queue.depth);
      if (keys.length > 0) sure = await onePass(loop, queue, { keys, sure });
    }
  } finally {
    unsubscribe();
    queue.clear();
  }
}

/** @returns whether the outcome of the pass is known */
async function onePass<K extends string, Term>(
  loop: ReconcilerLoop<K, Term>,
  queue: WorkQueue<K>,
  { keys, sure }: { keys: K[]; sure: boolean },
): Promise<boolean> {
  const { reconciler, logger, metrics } = loop;
  const startedAt = monotonicMs();
  const seconds = (): number => (monotonicMs() - startedAt) / 1000;
  try {
    if (!sure) await loop.afterFailure();
    const { requeues, failed } = await reconciler.reconcile(keys, loop.term);
    for (const key of keys) if (!failed.includes(key)) queue.succeeded(key);
    for (const { key, afterMs } of requeues) queue.addAfter(key, afterMs);
    for (const key of failed) queue.addAfterFailure(key);
    metrics.passDone(reconciler.name, seconds(), 'ok');
    return true;
  } catch (error) {
    for (const key of keys) queue.addAfterFailure(key);
    metrics.passDone(reconciler.name, seconds(), 'failed');
    logger.warn({ err: error, loop: reconciler.name, keys: keys.slice(0, 10) }, 'reconcile pass failed, will retry');
    return false;
  }
}
