import { DomainError } from '../errors';
import { SealedValue } from '../proto';

/** Makes a value ready to be stored. No cluster has a key yet, so it is stored as it is, and says so. */
export function seal(value: Uint8Array): SealedValue {
  return SealedValue.fromPartial({ keyId: '', value: Buffer.from(value) });
}

/** The value that was sealed. @throws DomainError FAILED_PRECONDITION when it was sealed with a key that is not to be had here */
export function unseal({ keyId, value }: SealedValue): Buffer {
  if (keyId !== '') throw new DomainError('FAILED_PRECONDITION', `this manager does not have the key ${keyId}`);
  return value;
}
