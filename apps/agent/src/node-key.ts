import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { DomainError } from '#common/errors';
import { ensurePrivateFolder, readIfPresent, writeDurably } from '#common/files';
import { newNodeKey, publicNodeKey, signHello } from '#common/identity';

const FILE = 'node-key';

/** The key that goes with the node's id: it shows managers that this agent is the node. The private part never leaves the host. */
export class NodeKey {
  private constructor(private readonly key: KeyObject) {}

  /**
   * The key in the data directory, or a new one that is kept there from now on.
   * @throws DomainError FAILED_PRECONDITION when the file holds something else; whatever the file system throws
   */
  static async load(dataDir: string): Promise<NodeKey> {
    const path = join(dataDir, FILE);
    const stored = await readIfPresent(path);
    if (stored !== undefined) return new NodeKey(parse(stored, path));
    const key = newNodeKey();
    await ensurePrivateFolder(dataDir);
    await writeDurably(path, key.export({ type: 'pkcs8', format: 'pem' }).toString());
    return new NodeKey(key);
  }

  /** As managers keep it. */
  get publicKey(): Buffer {
    return publicNodeKey(this.key);
  }

  /** @param nonce of the manager */
  sign(nonce: Uint8Array, nodeId: string): Buffer {
    return signHello(this.key, nonce, nodeId);
  }
}

function parse(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What is wrong in detail is not told: the text is a key.
  }
  const advice = 'restore it; without it, remove it and node-id, to join as a new node';
  throw new DomainError('FAILED_PRECONDITION', `${path} holds no key of a node: ${advice}`);
}
