import { monotonicMs } from './delay';

/** More than the two clocks drift apart by themselves, or than passes between reading the one and the other. */
const TOLERANCE_MS = 1_000;

/** The time on the wall, and for how long it is one with the time that goes by. */
export interface WallTime {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The time to which the clock was last seen to be set, by a second or more; minus infinity while it never was. */
  readonly steadySince: number;
}

/**
 * The clock on the wall, which people, NTP and a machine that wakes up set. Whoever compares stored times with it has to know when it
 * was set: what was stored before is not comparable. Noticed when it is read.
 */
export class WallClock {
  private ahead: number;
  private steadySince = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly wallMs: () => number = () => Date.now(),
    private readonly steadyMs: () => number = monotonicMs,
  ) {
    this.ahead = wallMs() - steadyMs();
  }

  read(): WallTime {
    const now = this.wallMs();
    const ahead = now - this.steadyMs();
    if (Math.abs(ahead - this.ahead) >= TOLERANCE_MS) {
      this.ahead = ahead;
      this.steadySince = now;
    }
    return { now, steadySince: this.steadySince };
  }
}
