import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePrivateFolder, writeDurably } from '#common/files';
import { isId, newId } from '#common/identity';

/** The id of the manager whose data directory this is; made and kept at the first start. */
export async function loadManagerId(dataDir: string): Promise<string> {
  await ensurePrivateFolder(dataDir);
  const file = join(dataDir, 'manager-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (isId(known.trim())) return known.trim();
  const id = newId();
  await writeDurably(file, `${id}\n`);
  return id;
}
