import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';

/** What is signed is for this alone. */
const PURPOSE = 'swarmctl hello\n';
/** Ed25519 hashes by itself. */
const NO_DIGEST = null;

/** A new key for a node: whoever has its private part is that node. */
export function newNodeKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** The public part, as managers keep it: SPKI, DER. */
export function publicNodeKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** Shows that one has the node's key. @param nonce that the manager has just made */
export function signHello(key: KeyObject, nonce: Uint8Array, nodeId: string): Buffer {
  return sign(NO_DIGEST, signedText(nonce, nodeId), key);
}

/** @param publicKey as `publicNodeKey` gives it; anything else verifies nothing */
export function isSignedHello(publicKey: Uint8Array, signature: Uint8Array, nonce: Uint8Array, nodeId: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(NO_DIGEST, signedText(nonce, nodeId), key, signature);
  } catch {
    return false;
  }
}

function signedText(nonce: Uint8Array, nodeId: string): Buffer {
  return Buffer.concat([Buffer.from(`${PURPOSE}${nodeId}\n`), nonce]);
}
