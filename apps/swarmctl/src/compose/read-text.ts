import { readFile } from 'node:fs/promises';
import { DomainError } from '#common/errors';

/** Reads files; tests give their own. */
export interface TextReader {
  /** Undefined when there is no such file. @throws DomainError INVALID_ARGUMENT when it cannot be read */
  tryRead(path: string): Promise<string | undefined>;
}

const MISSING = ['ENOENT', 'ENOTDIR'];

/** Files of this machine. */
export const FILES: TextReader = {
  async tryRead(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (MISSING.includes(code ?? '')) return undefined;
      throw new DomainError('INVALID_ARGUMENT', `${path}: cannot be read: ${message}`, { cause: error });
    }
  },
};

/** @throws DomainError INVALID_ARGUMENT when there is no such file, or it cannot be read */
export async function readText(reader: TextReader, path: string): Promise<string> {
  const text = await reader.tryRead(path);
  if (text === undefined) throw new DomainError('INVALID_ARGUMENT', `there is no file ${path}`);
  return text;
}
