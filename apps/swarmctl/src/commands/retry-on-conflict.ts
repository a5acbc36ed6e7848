import { isCode } from '#common/errors';

// Each try is a fresh read: to lose three in a row, somebody must change the same object all the time.
const TRIES = 3;

/**
 * Reads, changes and writes an object. When somebody else changed it between the reading and the writing, it is all done again
 * on what is there now, as if the command had been typed a moment later.
 * @throws DomainError ABORTED when others changed it at every try
 */
export async function retryOnConflict<T>(readChangeWrite: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await readChangeWrite();
    } catch (error) {
      if (!isCode(error, 'ABORTED') || left === 0) throw error;
    }
  }
}
