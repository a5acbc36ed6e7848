import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const MODE = 0o700;
const OTHERS = 0o077;

/**
 * Makes a folder that only its owner may enter, and closes one that is there to everybody else. Folders above it that are missing are
 * made as usual. @throws whatever the file system throws
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path, { mode: MODE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { mode } = await stat(path);
  if ((mode & OTHERS) !== 0) await chmod(path, MODE);
}
