import type { SealedValue } from '../proto';

/**
 * What is not to be read in etcd passes through here and nowhere else. There is no key yet: an empty key id says that the value is
 * plain, so that values sealed later and these can lie side by side.
 */
export function seal(text: string): SealedValue {
  return { keyId: '', nonce: Buffer.alloc(0), value: Buffer.from(text) };
}

/** The text that was sealed; undefined when it cannot be opened here. */
export function unseal(sealed: SealedValue | undefined): string | undefined {
  return sealed && sealed.keyId === '' ? sealed.value.toString('utf8') : undefined;
}
