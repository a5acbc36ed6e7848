const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;

/** A task that has run this long is sound: what ends it then is a first failure, not one more. */
export const STABLE_AFTER_MS = 10 * 60_000;

/**
 * Milliseconds to wait before a restart when the spec names no delay: twice as long after each failure, so that a program that
 * cannot run costs its node next to nothing, while one that stumbled is back at once.
 * @param failures consecutive failures so far, including the one that has just happened
 */
export function restartBackoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(failures - 1, 0), LONGEST_BACKOFF_MS);
}
