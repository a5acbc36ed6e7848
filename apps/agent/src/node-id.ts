import { join } from 'node:path';
import { DomainError } from '#common/errors';
import { isId, newId } from '#common/identity';
import { ensurePrivateFolder, readIfPresent, writeDurably } from '#common/files';

/** Where a node's id is kept. */
export function nodeIdFile(dataDir: string): string {
  return join(dataDir, 'node-id');
}

/**
 * This node's id: the one in the data directory, or a new one that is kept there from now on. The file is complete or absent,
 * even after a power failure.
 * @throws DomainError FAILED_PRECONDITION when the file holds something else than an id; whatever the file system throws
 */
export async function loadNodeId(dataDir: string): Promise<string> {
  const path = nodeIdFile(dataDir);
  const stored = (await readIfPresent(path))?.trim();
  if (stored === undefined) return storeNodeId(dataDir, path);
  if (isId(stored)) return stored;
  throw new DomainError('FAILED_PRECONDITION', `${path} holds no node id; restore it, or remove it to join as a new node`);
}

async function storeNodeId(dataDir: string, path: string): Promise<string> {
  const nodeId = newId();
  await ensurePrivateFolder(dataDir);
  await writeDurably(path, `${nodeId}\n`);
  return nodeId;
}
