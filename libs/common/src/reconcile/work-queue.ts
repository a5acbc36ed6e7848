import { monotonicMs } from '../concurrency';

/** First wait after a failure; doubles with each further one. */
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
/** Node fires timers beyond 2^31 - 1 ms at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keys that need attention, each at most once however often it is added.
 * INVARIANT: a key added while it is being worked on is handed out again afterwards: no change is lost.
 */
export class WorkQueue<K extends string> {
  private readonly ready = new Set<K>();
  private readonly dueAt = new Map<K, number>();
  private readonly failures = new Map<K, number>();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAt = Number.POSITIVE_INFINITY;
  private wake: (() => void) | undefined;

  /** Keys that could be worked on now. */
  get depth(): number {
    return this.ready.size;
  }

  add(key: K): void {
    this.ready.add(key);
    this.dueAt.delete(key);
    this.notify();
  }

  /** Adds the key after `ms`, at once for 0; an earlier time already set stays, a later one is replaced. */
  addAfter(key: K, ms: number): void {
    if (ms <= 0) return this.add(key);
    if (this.ready.has(key)) return;
    const due = monotonicMs() + ms;
    const known = this.dueAt.get(key);
    if (known !== undefined && known <= due) return;
    this.dueAt.set(key, due);
    this.arm(due);
  }

  /** Adds the key after a wait that doubles with each failure in a row. */
  addAfterFailure(key: K): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    this.addAfter(key, Math.min(FIRST_BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS));
  }

  /** Ends a row of failures. */
  succeeded(key: K): void {
    this.failures.delete(key);
  }

  /** Waits until something is ready, then takes up to `limit` keys in order of arrival. Empty once the signal aborts. */
  async take(limit: number, signal: AbortSignal): Promise<K[]> {
    while (this.ready.size === 0 && !signal.aborted) await this.untilWoken(signal);
    if (signal.aborted) return [];
    const keys: K[] = [];
    for (const key of this.ready) {
      if (keys.length === limit) break;
      keys.push(key);
    }
    for (const key of keys) this.ready.delete(key);
    return keys;
  }

  /** Forgets all keys and timers. */
  clear(): void {
    this.ready.clear();
    this.dueAt.clear();
    this.failures.clear();
    clearTimeout(this.timer);
    this.timerDueAt = Number.POSITIVE_INFINITY;
  }

  private untilWoken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** At the end of the turn: those who wait for the same change are answered first, and what comes together is taken together. */
  private notify(): void {
    if (this.wake) setImmediate(this.wake);
    this.wake = undefined;
  }

  private arm(due: number): void {
    if (due >= this.timerDueAt) return;
    clearTimeout(this.timer);
    this.timerDueAt = due;
    this.timer = setTimeout(() => this.release(), Math.min(Math.max(0, due - monotonicMs()), MAX_TIMER_MS));
  }

  private release(): void {
    this.timerDueAt = Number.POSITIVE_INFINITY;
    const now = monotonicMs();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, due] of this.dueAt) {
      // Timers may fire up to a millisecond early.
      if (due <= now + 1) this.add(key);
      else next = Math.min(next, due);
    }
    if (next < Number.POSITIVE_INFINITY) this.arm(next);
  }
}
