import type { IBackoff, IBackoffFactory } from 'cockatiel';
import { monotonicMs } from '../concurrency';

/**
 * How long a circuit breaker stays open: `pauseMs`, though the breaker itself subtracts times of day. One that opened before the clock
 * was set back an hour would refuse every call for that hour.
 */
export function monotonicPause(pauseMs: number, steadyMs: () => number = monotonicMs): IBackoffFactory<unknown> {
  const next = (): IBackoff<unknown> => {
    const openedAt = steadyMs();
    return {
      next,
      // Asked for at each call while the breaker is open: longer than any difference, or shorter.
      get duration() {
        return steadyMs() - openedAt < pauseMs ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      },
    };
  };
  return { next };
}
