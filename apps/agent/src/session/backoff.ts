const FIRST_BACKOFF_MS = 100;
/** A manager that is back is found again within this time. */
const LONGEST_BACKOFF_MS = 1_000;

/** The upper limit, in milliseconds, of the wait that follows a wait limited to `previousMs` (0 at first). */
export function nextBackoffMs(previousMs: number): number {
  return Math.min(FIRST_BACKOFF_MS + 2 * previousMs, LONGEST_BACKOFF_MS);
}
