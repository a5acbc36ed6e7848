import { delay } from '#common/concurrency';
import { DomainError } from '#common/errors';
import { operationsOf, widthOf } from '#common/store';
import type { Commit, Guard, ObjectStore, Revision, Stored, StoreEvent, WatchBatch, Write } from '#common/store';

/** How often a watcher hears that nothing has happened; a view that hears nothing calls itself stale. */
const PROGRESS_MS = 200;

/** An etcd in memory: revisions, guards and watches, one process. */
export class FakeObjectStore implements ObjectStore {
  readonly maxOperations = 128;
  /** What one request may have of values: etcd's own limit (1.5 MiB). */
  maxRequestBytes = 1.5 * 1024 * 1024;
  /** Thrown by the next commits, if set. */
  failure: Error | undefined;
  private revision: Revision = 1;
  private readonly entries = new Map<string, Stored>();
  private readonly history: WatchBatch[] = [];
  private wake: () => void = () => undefined;

  /** Number of stored keys. */
  get size(): number {
    return this.entries.size;
  }

  list(prefix: string): Promise<{ objects: Stored[]; revision: Revision }> {
    const objects = [...this.entries.values()].filter(({ key }) => key.startsWith(prefix));
    return Promise.resolve({ objects, revision: this.revision });
  }

  async *watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    let next = this.history.findIndex((batch) => batch.revision > after);
    if (next < 0) next = this.history.length;
    while (!signal.aborted) {
      const batch = this.history[next];
      if (batch) {
        next++;
        yield { ...batch, events: batch.events.filter((event) => keyOf(event).startsWith(prefix)) };
      } else {
        await this.somethingOrProgress(signal);
        if (next >= this.history.length) yield { revision: this.revision, events: [] };
      }
    }
  }

  commit(guards: Guard[], writes: Write[]): Promise<Revision> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.isTooLarge([{ guards, writes }])) return Promise.reject(new DomainError('TOO_LARGE', 'the object is too large'));
    if (widthOf({ guards, writes }) > this.maxOperations)
      return Promise.reject(new DomainError('UNAVAILABLE', 'too many operations'));
    if (!guards.every((guard) => this.holds(guard))) return Promise.reject(new DomainError('ABORTED', 'a guard failed'));
    const revision = ++this.revision;
    this.history.push({ revision, events: writes.map((write) => this.apply(write, revision)) });
    this.wake();
    return Promise.resolve(revision);
  }

  /** As etcd does: all guards are looked at before anything is written, and what is written has one revision. */
  commitAll(commits: readonly Commit[]): Promise<(Revision | DomainError)[]> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.isTooLarge(commits)) return Promise.reject(new DomainError('TOO_LARGE', 'the object is too large'));
    if (operationsOf(commits) > this.maxOperations) return Promise.reject(new DomainError('UNAVAILABLE', 'too many operations'));
    const made = commits.filter(({ guards }) => guards.every((guard) => this.holds(guard)));
    const revision = made.length > 0 ? ++this.revision : this.revision;
    const events = made.flatMap(({ writes }) => writes.map((write) => this.apply(write, revision)));
    if (made.length > 0) this.history.push({ revision, events });
    this.wake();
    const refused = new DomainError('ABORTED', 'a guard failed');
    return Promise.resolve(commits.map((commit) => (made.includes(commit) ? revision : refused)));
  }

  private async somethingOrProgress(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const something = new Promise<void>((resolve) => (this.wake = resolve));
    await Promise.race([something, delay(PROGRESS_MS, AbortSignal.any([signal, over.signal]))]);
    over.abort();
  }

  private isTooLarge(commits: readonly Commit[]): boolean {
    const sizes = commits.flatMap(({ writes }) => writes.map((write) => (write.kind === 'put' ? write.value.length : 0)));
    return sizes.reduce((sum, bytes) => sum + bytes, 0) > this.maxRequestBytes;
  }

  private holds(guard: Guard): boolean {
    const entry = this.entries.get(guard.key);
    if ('modRevision' in guard) return (entry?.modRevision ?? 0) === guard.modRevision;
    if ('createRevision' in guard) return (entry?.createRevision ?? 0) === guard.createRevision;
    return entry !== undefined;
  }

  private apply(write: Write, modRevision: Revision): StoreEvent {
    const { key } = write;
    if (write.kind === 'delete') {
      this.entries.delete(key);
      return { kind: 'delete', key, modRevision };
    }
    const createRevision = this.entries.get(key)?.createRevision ?? modRevision;
    const stored = { key, value: write.value, createRevision, modRevision };
    this.entries.set(key, stored);
    return { kind: 'put', stored };
  }
}

function keyOf(event: StoreEvent): string {
  return event.kind === 'put' ? event.stored.key : event.key;
}
