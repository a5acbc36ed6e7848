/** When something is decided, and since when times can be compared with it. Both in milliseconds since 1970. */
export interface Moment {
  readonly now: number;
  /** Since when the clock was not set, or whoever decides has watched; since ever when not given. */
  readonly steadySince?: number;
}

/**
 * Milliseconds that have gone by for certain since a stored time: no more than since the clock was last set, since how long before
 * that it was stored nobody can tell. A time that is yet to come was stored by a clock that was ahead: all that is known is that it
 * lies before the clock was set. So a clock that is set makes nothing late, and nothing waits for longer than once more in full.
 */
export function elapsedMs(at: number, { now, steadySince = Number.NEGATIVE_INFINITY }: Moment): number {
  const steadyMs = now - steadySince;
  return at > now ? steadyMs : Math.min(now - at, steadyMs);
}
