import { hkdfSync } from 'node:crypto';
import { SEALING_KEY_BYTES, Vault } from '#common/store';

/**
 * Shows that one knows a token's secret without telling it, and is no use for another request.
 * @param nonce new for each request
 */
export function proofOf(secret: string, nonce: Uint8Array): Buffer {
  return derive(secret, nonce, 'swarmctl join: proof');
}

/** Seals the answer to a request: nobody can open it who does not know the secret. */
export function answerVault(secret: string, nonce: Uint8Array): Vault {
  return new Vault({ current: 'join', keys: new Map([['join', derive(secret, nonce, 'swarmctl join: answer')]]) });
}

function derive(secret: string, nonce: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, nonce, purpose, SEALING_KEY_BYTES));
}
