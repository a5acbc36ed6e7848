import { randomBytes } from 'node:crypto';
import { DomainError } from '#common/errors';
import { SEALING_KEY_BYTES } from '#common/store';

// SwarmKit manager/encryption/encryption.go HumanReadableKey: base64 without padding.
const PREFIX = 'SWMKEY-1-';

/** A new key that managers lock their sealing keys with, as people are shown it. */
export function newUnlockKey(): string {
  return PREFIX + randomBytes(SEALING_KEY_BYTES).toString('base64').replace(/=+$/, '');
}

/** @throws DomainError INVALID_ARGUMENT it has not the form of one */
export function parseUnlockKey(text: string): Buffer {
  const key = Buffer.from(text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '', 'base64');
  if (key.length === SEALING_KEY_BYTES) return key;
  throw new DomainError('INVALID_ARGUMENT', 'invalid key string');
}
