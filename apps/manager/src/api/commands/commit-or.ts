import { isCode } from '#common/errors';
import type { Commit } from '#common/store';
import type { ApiStore } from '../ports';

/** Commits, and says in the caller's words what it means that a guard failed. @throws what `conflict` gives · as ApiStore.commit */
export async function commitOr(store: ApiStore, conflict: () => Error, { guards, writes, evenWhenFull }: Commit): Promise<void> {
  try {
    await store.commit(guards, writes, { evenWhenFull });
  } catch (error) {
    throw isCode(error, 'ABORTED') ? conflict() : error;
  }
}
