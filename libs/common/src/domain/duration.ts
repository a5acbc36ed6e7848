import { DomainError } from '../errors';

/** Docker's durations are nanoseconds. */
export const NANOS_PER_MS = 1_000_000;
export const NANOS_PER_SECOND = 1_000_000_000;

/** Nanoseconds to whole milliseconds, rounded up so that a wait is never shorter than asked for. */
export function nanosToMs(nanos: number): number {
  return Math.ceil(nanos / NANOS_PER_MS);
}

const NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

// Longer units first: `ms` is not `m` followed by something else.
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

// Go's time.Duration is a signed 64-bit number of nanoseconds.
const MAX_NANOS = 2 ** 63;

/**
 * Reads a duration in Go's notation, such as `1m30s`, `500ms` or `0`, into nanoseconds.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseDuration(text: string): number {
  const unsigned = text.startsWith('+') ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  if (unsigned.startsWith('-')) throw invalid('a duration cannot be negative');
  let nanos = 0;
  let position = 0;
  while (position < unsigned.length) {
    PART.lastIndex = position;
    const part = PART.exec(unsigned);
    if (!part) throw invalid(`'${text}' is not a duration: each number needs one of the units ns, us, ms, s, m, h`);
    nanos += Math.round(Number(part[1]) * (NANOS[part[2] ?? ''] ?? 0));
    position = PART.lastIndex;
  }
  if (unsigned === '') throw invalid('a duration cannot be empty');
  if (nanos >= MAX_NANOS) throw invalid(`'${text}' is longer than 292 years`);
  return nanos;
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
