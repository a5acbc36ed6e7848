import { DomainError } from '#common/errors';

// SwarmKit ca/config.go GenerateJoinToken: base 36 without upper case, padded to what the largest value takes.
const PREFIX = 'SWMTKN-1';
const DIGEST_CHARACTERS = 50;
const SECRET_CHARACTERS = 25;
const BASE = 36;
const DIGEST_HEX_CHARACTERS = 64;
const TOKEN = /^SWMTKN-1-([0-9a-z]{50})-([0-9a-z]{25})$/;

/** @param digest of the root certificate, hex @param secret as newJoinSecret gives it */
export function toJoinToken(digest: string, secret: string): string {
  return `${PREFIX}-${BigInt(`0x${digest}`).toString(BASE).padStart(DIGEST_CHARACTERS, '0')}-${secret}`;
}

/** The part of a token that admits to the cluster. @param random 16 random bytes */
export function newJoinSecret(random: Buffer): string {
  return BigInt(`0x${random.toString('hex')}`)
    .toString(BASE)
    .padStart(SECRET_CHARACTERS, '0');
}

/** What a token says. */
export interface JoinToken {
  /** Of the root certificate, hex. */
  readonly digest: string;
  /** As newJoinSecret gives it. */
  readonly secret: string;
}

/** @throws DomainError INVALID_ARGUMENT it has not the form of a token */
export function parseJoinToken(token: string): JoinToken {
  const [, digest = '', secret = ''] = TOKEN.exec(token) ?? [];
  if (secret === '') throw new DomainError('INVALID_ARGUMENT', 'invalid join token');
  const value = [...digest].reduce((sum, character) => sum * BigInt(BASE) + BigInt(Number.parseInt(character, BASE)), 0n);
  return { digest: value.toString(16).padStart(DIGEST_HEX_CHARACTERS, '0'), secret };
}
