/** Docker's durations are nanoseconds. */
export const NANOS_PER_MS = 1_000_000;
export const NANOS_PER_SECOND = 1_000_000_000;

/** Nanoseconds to whole milliseconds, rounded up so that a wait is never shorter than asked for. */
export function nanosToMs(nanos: number): number {
  return Math.ceil(nanos / NANOS_PER_MS);
}
