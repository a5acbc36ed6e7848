import type { DomainError } from '../errors';

/** etcd's logical clock: one number for the whole store, growing with every commit. */
export type Revision = number;

/** One stored value. `modRevision` is the version that clients see and compare. */
export interface Stored {
  key: string;
  value: Uint8Array;
  createRevision: Revision;
  modRevision: Revision;
  /** Whether it goes by itself when nobody renews its lease. */
  isLeased?: boolean;
}

export type StoreEvent = { kind: 'put'; stored: Stored } | { kind: 'delete'; key: string; modRevision: Revision };

/** All events of one or more whole revisions, in order. After it the watcher has seen everything up to `revision`. */
export interface WatchBatch {
  revision: Revision;
  events: StoreEvent[];
}

/** A condition that a commit needs; revision 0 means "the key does not exist". */
export type Guard =
  { key: string; modRevision: Revision } | { key: string; createRevision: Revision } | { key: string; exists: true };

export type Write = { kind: 'put'; key: string; value: Uint8Array; lease?: string } | { kind: 'delete'; key: string };

/** How a commit is to be made. */
export interface CommitOptions {
  /**
   * Makes it also while etcd's alarm NOSPACE is raised, when other puts are refused: for the few bytes without which nothing could be
   * removed. Not for what is large or frequent (docs/decisions/0017).
   */
  readonly evenWhenFull?: boolean;
}

/** Writes, and what has to hold for them. */
export interface Commit extends CommitOptions {
  readonly guards: Guard[];
  readonly writes: Write[];
}

/** Operations that one request with these commits counts for: etcd adds what is within the widest one to their own number. */
export function operationsOf(commits: readonly Commit[]): number {
  return commits.length + Math.max(0, ...commits.map(widthOf));
}

/** Operations that a commit counts for when it goes alone. */
export function widthOf({ guards, writes }: Commit): number {
  return Math.max(guards.length, writes.length);
}

/** The only port to persistence. Keys are relative to the cluster's own prefix. */
export interface ObjectStore {
  /** Largest number of writes, and of guards, that one commit takes. */
  readonly maxOperations: number;

  /** Everything under `prefix` at one revision, read in pages. @throws DomainError UNAVAILABLE, DEADLINE_EXCEEDED */
  list(prefix: string): Promise<{ objects: Stored[]; revision: Revision }>;

  /** Every change after revision `after`. Ends when the signal aborts. @throws DomainError COMPACTED: list again, watch again. */
  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch>;

  /**
   * All writes or none. Not repeatable by itself: after UNAVAILABLE or DEADLINE_EXCEEDED it may or may not have happened.
   * @throws DomainError ABORTED a guard failed · RESOURCE_EXHAUSTED the store is full · TOO_LARGE · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  commit(guards: Guard[], writes: Write[]): Promise<Revision>;

  /**
   * Several commits in one request: each is made or refused by itself, and none may have to do with what another writes. Together they
   * may count for no more than `maxOperations` (operationsOf). etcd makes them even while it is full: it counts no puts within a
   * transaction of a transaction.
   * @returns for each its revision, or why it was refused
   * @throws DomainError as commit, for all of them
   */
  commitAll(commits: readonly Commit[]): Promise<(Revision | DomainError)[]>;
}
