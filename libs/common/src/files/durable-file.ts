import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file's text; undefined when there is no such file. @throws whatever else the file system throws */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file that only its owner may read. It is complete or as before, even after a power failure. @throws as readIfPresent */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = draftOf(path);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Removes what a process that died while it wrote this file may have left of it. @throws as readIfPresent */
export function removeDraft(path: string): Promise<void> {
  return rm(draftOf(path), { force: true });
}

function draftOf(path: string): string {
  return `${path}.new`;
}

/** Until then a power failure may bring the old file back. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file that is written again and again: one text after the other, so that it holds the one that came last. */
export class DurableFile {
  private writing: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** @throws as writeDurably */
  write(text: string): Promise<void> {
    this.writing = this.writing.catch(() => undefined).then(() => writeDurably(this.path, text));
    return this.writing;
  }
}
