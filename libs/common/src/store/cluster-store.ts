import { delay, monotonicMs } from '../concurrency';
import { DomainError, isCode, messageOf } from '../errors';
import type { Logger } from '../logging';
import { ServiceRevision, type Service } from '../proto';
import { ClusterCache } from './cluster-cache';
import type { ClusterView, ViewChange } from './cluster-view';
import { GroupCommit } from './group-commit';
import { keys } from './keys';
import type { CommitOptions, Guard, ObjectStore, Revision, Stored, WatchBatch, Write } from './object-store';
import { DEFAULT_QUOTA_BYTES, StoreSpace } from './store-space';

/** The view is called stale when etcd has not been heard of for this long: one progress period plus a late answer. */
const STALE_AFTER_MS = 1_800;
/** Longest wait for the view to catch up with a write that has been acknowledged. */
const CATCH_UP_TIMEOUT_MS = 2_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 500;

interface Waiter {
  revision: Revision;
  resolve(): void;
}

/** A store with a view that follows it: what a caller has written, it reads. */
export class ClusterStore {
  private readonly cache: ClusterCache;
  private readonly listeners = new Set<(changes: ViewChange[]) => void>();
  private waiters: Waiter[] = [];
  private heardAt = Number.NEGATIVE_INFINITY;
  private watching = false;
  private readonly commits: GroupCommit;
  /** How much of etcd's space is used, as far as anybody measures it. */
  readonly space: StoreSpace;

  /** @param quotaBytes as StoreSpace */
  constructor(
    private readonly store: ObjectStore,
    private readonly logger: Logger,
    quotaBytes = DEFAULT_QUOTA_BYTES,
  ) {
    this.space = new StoreSpace(quotaBytes, monotonicMs);
    this.commits = new GroupCommit(store);
    this.cache = new ClusterCache((key, error) => this.saysUnreadable(key, error));
  }

  get view(): ClusterView {
    return this.cache;
  }

  get maxOperations(): number {
    return this.store.maxOperations;
  }

  /** Whether the view may be shown: it has been loaded, and etcd has been heard of just now. */
  isSynced(): boolean {
    return this.watching && monotonicMs() - this.heardAt < STALE_AFTER_MS;
  }

  /** Calls `listener` after each change, within the same turn of the event loop. Returns how to stop it. */
  onChange(listener: (changes: ViewChange[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Follows etcd until the signal aborts, through its restarts and compactions. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    let relist = true;
    while (!signal.aborted) {
      try {
        if (relist) await this.load();
        relist = false;
        for await (const batch of this.store.watch('', this.cache.revision, signal)) {
          retryMs = FIRST_RETRY_MS;
          this.take(batch);
        }
      } catch (error) {
        // Anything but a lost connection would come again with the same history: too old, too large, or not to be understood.
        relist ||= !isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED');
        this.logger.warn({ reason: messageOf(error), relist }, 'lost sight of etcd, trying again');
      }
      this.watching = false;
      await delay(retryMs, signal);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }

  /**
   * Commits, then waits until the view shows it.
   * @throws DomainError as ObjectStore.commit; DEADLINE_EXCEEDED when it was committed but the view has not caught up in time.
   */
  async commit(guards: Guard[], writes: Write[], options?: CommitOptions): Promise<Revision> {
    const revision = await this.commits.commit(guards, writes, options);
    await this.reached(revision);
    return revision;
  }

  /**
   * What a service was like, newest first: read from etcd, since the view does without.
   * @param service as the view has it, which may be behind what is read
   * @throws DomainError as ObjectStore.list
   */
  async revisions({ id, newestRevision, spec }: Service): Promise<ServiceRevision[]> {
    const { objects } = await this.store.list(keys.serviceRevisions(id));
    const newest = newestRevision ? [{ ...newestRevision, spec }] : [];
    const number = newestRevision?.number ?? 0;
    const earlier = objects.flatMap((stored) => this.readRevision(stored)).filter((each) => each.number < number);
    return [...newest, ...earlier.sort((a, b) => b.number - a.number)];
  }

  /** @throws DomainError UNAVAILABLE when the view has not been loaded in time. */
  async untilSynced(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const deadline = monotonicMs() + timeoutMs;
    while (!this.isSynced()) {
      if (signal.aborted || monotonicMs() > deadline) throw new DomainError('UNAVAILABLE', 'etcd is not reachable');
      await delay(20, signal);
    }
  }

  /** None for one that cannot be read: the others are shown all the same. */
  private readRevision({ key, value }: Stored): ServiceRevision[] {
    try {
      return [ServiceRevision.decode(value)];
    } catch (error) {
      this.saysUnreadable(key, error);
      return [];
    }
  }

  private saysUnreadable(key: string, error: unknown): void {
    this.logger.error({ key, reason: messageOf(error) }, 'a stored value cannot be read, it is left out');
  }

  private async load(): Promise<void> {
    const { objects, revision } = await this.store.list('');
    this.publish(this.cache.reset(objects, revision));
    this.heard();
  }

  private take(batch: WatchBatch): void {
    this.heard();
    this.publish(this.cache.apply(batch));
  }

  private heard(): void {
    this.watching = true;
    this.heardAt = monotonicMs();
  }

  private publish(changes: ViewChange[]): void {
    if (changes.length > 0) for (const listener of this.listeners) this.tell(listener, changes);
    const { revision } = this.cache;
    const ready = this.waiters.filter((waiter) => waiter.revision <= revision);
    if (ready.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of ready) waiter.resolve();
  }

  /** One listener's fault is not the others' loss. */
  private tell(listener: (changes: ViewChange[]) => void, changes: ViewChange[]): void {
    try {
      listener(changes);
    } catch (error) {
      this.logger.error({ err: error }, 'a listener of the view failed');
    }
  }

  private reached(revision: Revision): Promise<void> {
    if (this.cache.revision >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = {
        revision,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(new DomainError('DEADLINE_EXCEEDED', 'the change was stored, but this manager cannot see it yet'));
      }, CATCH_UP_TIMEOUT_MS);
      this.waiters.push(waiter);
    });
  }
}
