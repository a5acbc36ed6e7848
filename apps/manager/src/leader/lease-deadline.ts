/**
 * When a leader must stop acting: two thirds of the lease's time to live after the last keepalive that is known to have arrived was
 * *sent*. etcd counts from when it received it, which is later, so the deadline is always on the safe side.
 */
export class LeaseDeadline {
  private provenAt: number;

  constructor(
    private readonly ttlMs: number,
    /** Monotonic time at which the lease was asked for. */
    askedAt: number,
  ) {
    this.provenAt = askedAt;
  }

  /** A keepalive that was sent at `sentAt` has been answered. */
  extend(sentAt: number): void {
    this.provenAt = Math.max(this.provenAt, sentAt);
  }

  /** Milliseconds left to act; zero or less when the term is over. */
  remainingMs(now: number): number {
    return this.provenAt + (this.ttlMs * 2) / 3 - now;
  }
}
