import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DomainError } from '../errors';
import { type SealedValue } from '../proto';

const CIPHER = 'aes-256-gcm';
export const SEALING_KEY_BYTES = 32;
/** NIST SP 800-38D recommends 96 bits; random ones are safe for 2^32 values under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys that values are sealed with: the current one for new values, older ones to open what was sealed before it. */
export interface KeyRing {
  readonly current: string;
  /** By id, 32 bytes each. */
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** Whether it has the form of a sealed value: another one cannot be opened with any key. */
export function isSealedValue({ nonce, value }: SealedValue): boolean {
  return nonce.length === NONCE_BYTES && value.length >= TAG_BYTES;
}

/** Seals what is not to be read in etcd. */
export class Vault {
  constructor(private readonly ring: KeyRing) {}

  /** @param place the key in etcd under which the value is stored: it cannot be opened as another one's */
  seal(value: Uint8Array, place: string): SealedValue {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key(this.ring.current), nonce).setAAD(Buffer.from(place));
    return { keyId: this.ring.current, nonce, value: Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]) };
  }

  /** @throws DomainError FAILED_PRECONDITION it was sealed with a key that is not to be had here, or for another place, or was changed */
  unseal({ keyId, nonce, value }: SealedValue, place: string): Buffer {
    const key = this.key(keyId);
    try {
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
      decipher.setAuthTag(value.subarray(value.length - TAG_BYTES));
      return Buffer.concat([decipher.update(value.subarray(0, value.length - TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new DomainError('FAILED_PRECONDITION', `the sealed value of ${place} cannot be opened: it was changed`, { cause });
    }
  }

  private key(keyId: string): Buffer {
    const key = this.ring.keys.get(keyId);
    if (key) return key;
    throw new DomainError(
      'FAILED_PRECONDITION',
      `this manager does not have the sealing key '${keyId}': copy it from one that has`,
    );
  }
}
