/**
 * Hands values from a callback world to one `for await` loop, in order. Unbounded: for producers that are themselves bounded.
 * INVARIANT: after `close` or `fail` nothing more is accepted; what was queued before is still delivered.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private wake: (() => void) | undefined;
  private ended: { error?: unknown } | undefined;

  push(item: T): void {
    if (this.ended) return;
    this.items.push(item);
    this.notify();
  }

  /** The loop ends normally once it has taken everything. */
  close(): void {
    this.ended ??= {};
    this.notify();
  }

  /** The loop throws `error` once it has taken everything. */
  fail(error: unknown): void {
    this.ended ??= { error };
    this.notify();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift() as T;
      if (this.ended) {
        if (this.ended.error !== undefined) throw this.ended.error;
        return;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private notify(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
