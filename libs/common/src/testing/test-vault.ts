import { SEALING_KEY_BYTES, Vault } from '../store';

/** Seals with a key that everybody knows. */
export function testVault(keyId = 'testkey0testkey0testkey00'): Vault {
  return new Vault({ current: keyId, keys: new Map([[keyId, Buffer.alloc(SEALING_KEY_BYTES, keyId)]]) });
}
