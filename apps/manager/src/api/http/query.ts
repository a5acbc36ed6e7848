import type { Request } from './exchange';
import { DomainError } from '#common/errors';

const FALSE_WORDS: ReadonlySet<string> = new Set(['', '0', 'no', 'false', 'none']);
const UNSIGNED = /^[0-9]+$/;

/** The request's query. Only named parameters are ever read: some clients repeat a whole spec in it. */
export function queryOf(request: Request): URLSearchParams {
  const start = request.url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : request.url.slice(start + 1));
}

/** A boolean as Docker reads it: nothing, 0, no, false and none are false in any case, all else is true. */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  return !FALSE_WORDS.has((query.get(name) ?? '').trim().toLowerCase());
}

/** The version that an update was based on. @throws DomainError INVALID_ARGUMENT in Docker's words */
export function queryVersion(query: URLSearchParams, kind: 'service' | 'node' | 'secret' | 'config' | 'swarm'): number {
  const text = query.get('version') ?? '';
  const fail = (why: string) =>
    new DomainError(
      'INVALID_ARGUMENT',
      `invalid ${kind} version '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
    );
  if (!UNSIGNED.test(text)) throw fail('invalid syntax');
  const version = Number(text);
  if (!Number.isSafeInteger(version)) throw fail('value out of range');
  return version;
}

/** A parameter that, if given, is one of a few words. @throws DomainError INVALID_ARGUMENT */
export function requireQueryChoice(query: URLSearchParams, name: string, choices: readonly string[]): string {
  const value = query.get(name) ?? '';
  if (value !== '' && !choices.includes(value)) {
    throw new DomainError('INVALID_ARGUMENT', `invalid value '${value}' for ${name}: must be one of ${choices.join(', ')}`);
  }
  return value;
}

/** A whole number, 0 when it is not given. @throws DomainError INVALID_ARGUMENT */
export function queryCount(query: URLSearchParams, name: string): number {
  const value = query.get(name) || '0';
  if (!UNSIGNED.test(value) || Number(value) > 0xffff_ffff) {
    throw new DomainError('INVALID_ARGUMENT', `invalid value '${value}' for ${name}: must be a whole number`);
  }
  return Number(value);
}

/** A parameter that has to be there and is a number from 1. @throws DomainError INVALID_ARGUMENT */
export function requireQueryCount(query: URLSearchParams, name: string): number {
  const value = query.get(name) ?? '';
  const count = Number(value);
  if (!UNSIGNED.test(value) || count < 1 || !Number.isSafeInteger(count)) {
    throw new DomainError('INVALID_ARGUMENT', `invalid value '${value}' for ${name}: must be a whole number from 1`);
  }
  return count;
}

const TIME = /^(\d{1,12})(?:\.(\d{1,9}))?$/;
const NANO_DIGITS = 9;
const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MS = 1_000_000n;

/** A moment in nanoseconds since 1970, given in seconds or as RFC 3339; undefined when none is given. @throws DomainError INVALID_ARGUMENT */
export function queryTimeNanos(query: URLSearchParams, name: string): bigint | undefined {
  const value = query.get(name) ?? '';
  if (value === '') return undefined;
  const [, seconds, fraction = ''] = TIME.exec(value) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * NANOS_PER_SECOND + BigInt(fraction.padEnd(NANO_DIGITS, '0'));
  const milliseconds = Date.parse(value);
  if (!Number.isNaN(milliseconds)) return BigInt(milliseconds) * NANOS_PER_MS;
  const wanted = 'seconds since 1970, or a time such as 2026-01-31T12:00:00Z';
  throw new DomainError('INVALID_ARGUMENT', `invalid value '${value}' for ${name}: must be ${wanted}`);
}
