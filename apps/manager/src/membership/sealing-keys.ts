import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DomainError } from '#common/errors';
import { readIfPresent, writeDurably } from '#common/files';
import { isId, newId } from '#common/identity';
import { SEALING_KEY_BYTES, type KeyRing } from '#common/store';

const FILE = 'sealing-keys.json';

/** The file's content. Rotation adds a key and makes it the current one; older ones stay for as long as values are sealed with them. */
interface KeyFile {
  readonly current: string;
  /** By id, base64. */
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * The keys that this manager seals secrets with, made at the first start. All managers of a cluster need the same ones.
 * @throws DomainError FAILED_PRECONDITION when the file is no such file; errors of the file system
 */
export async function loadSealingKeys(dataDir: string): Promise<KeyRing> {
  const path = join(dataDir, FILE);
  const text = await readIfPresent(path);
  if (text !== undefined) return parseKeys(path, text);
  const id = newId();
  const file: KeyFile = { current: id, keys: { [id]: randomBytes(SEALING_KEY_BYTES).toString('base64') } };
  await writeDurably(path, `${JSON.stringify(file)}\n`);
  return toRing(file);
}

function parseKeys(path: string, text: string): KeyRing {
  try {
    const file = JSON.parse(text) as KeyFile;
    const ring = toRing(file);
    if (ring.keys.has(ring.current) && [...ring.keys].every(([id, key]) => isId(id) && key.length === SEALING_KEY_BYTES))
      return ring;
  } catch {
    // What is wrong in detail must not be told: the text holds keys.
  }
  throw new DomainError('FAILED_PRECONDITION', `${path} holds no sealing keys: restore it, secrets cannot be read without it`);
}

function toRing({ current, keys }: KeyFile): KeyRing {
  return { current, keys: new Map(Object.entries(keys).map(([id, key]) => [id, Buffer.from(key, 'base64')])) };
}
