import { DomainError } from '#common/errors';

/** The most that one follower may leave unread: some ten thousand events. */
const MOST_OF_ONE_BYTES = 8 * 1024 * 1024;
/** The most that all of them may leave unread together: a small part of what a manager of a large cluster takes for its view. */
const MOST_OF_ALL_BYTES = 32 * 1024 * 1024;

/** A client's end of a stream. */
export interface Follower {
  /** Bytes that were written and have not been taken. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  destroy(error?: Error): unknown;
}

/**
 * What the followers of a stream have not read, counted together: however many come, and however slowly they read, they take no more
 * memory than this. Those that are the furthest behind are cut off: their connection breaks, so that none takes what it got for all.
 */
export class UnreadBudget {
  /** What each had unread when it was last written to. */
  private readonly unread = new Map<Follower, number>();
  private total = 0;

  constructor(
    private readonly cutOff: (follower: Follower) => void,
    private readonly limits = { ofOne: MOST_OF_ONE_BYTES, ofAll: MOST_OF_ALL_BYTES },
  ) {}

  /** To be called after each write. */
  wrote(follower: Follower): void {
    this.count(follower);
    if (follower.writableLength > this.limits.ofOne) this.cut(follower);
    // Followers read without a word: only when the sum seems too large is it worth to ask them all.
    if (this.total > this.limits.ofAll) this.countAll();
    while (this.total > this.limits.ofAll) this.cut(this.slowest());
  }

  /** To be called when a follower is gone. */
  forget(follower: Follower): void {
    this.total -= this.unread.get(follower) ?? 0;
    this.unread.delete(follower);
  }

  private count(follower: Follower): void {
    const now = follower.destroyed ? 0 : follower.writableLength;
    this.total += now - (this.unread.get(follower) ?? 0);
    this.unread.set(follower, now);
  }

  private countAll(): void {
    for (const follower of this.unread.keys()) this.count(follower);
  }

  private cut(follower: Follower): void {
    this.forget(follower);
    this.cutOff(follower);
    follower.destroy(new DomainError('RESOURCE_EXHAUSTED', 'the client does not read'));
  }

  private slowest(): Follower {
    const [first, ...others] = this.unread;
    if (!first) throw new DomainError('INTERNAL', 'nobody has anything unread');
    return others.reduce((most, one) => (one[1] > most[1] ? one : most), first)[0];
  }
}
