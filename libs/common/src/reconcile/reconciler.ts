import type { ViewChange } from '../store';

/**
 * Level-based: a key says where to look, never what has happened. Keys are reconciled in batches so that one transaction can carry
 * the decisions of many.
 */
export interface Reconciler<K extends string, Term> {
  readonly name: string;
  /** Most keys to take in one pass. */
  readonly maxBatch: number;
  /** The keys that a change touches. */
  keysOf(change: ViewChange): Iterable<K>;
  /** How long the keys of a change may wait, in milliseconds, so that one pass serves many changes; 0 for at once. */
  mayWaitMs(change: ViewChange): number;
  /** Every key there is: queued when a term begins and after the view was rebuilt. */
  allKeys(): Iterable<K>;
  /** Brings reality closer to what is wanted. A throw means that nobody knows what was stored, and retries all the keys with backoff. */
  reconcile(keys: readonly K[], term: Term): Promise<PassResult<K>>;
}

export interface PassResult<K extends string> {
  requeues: readonly Requeue<K>[];
  /** Keys that could not be decided; the others are not held up by them. */
  failed: readonly K[];
}

/** Asks for another look at a key after some time. */
export interface Requeue<K extends string> {
  key: K;
  afterMs: number;
}
