import { delay, monotonicMs } from '#common/concurrency';
import type { Revision } from '#common/store';
import type { ApiStore } from '../ports';

/** Views of different managers are apart by a watch event on its way, which is milliseconds. */
const MAX_WAIT_MS = 500;
const POLL_MS = 5;

/**
 * Waits until the view has come to `revision`: a client may have read an object from another manager, whose view was ahead of
 * this one. Returns after a moment in any case, for a made-up revision is never reached.
 */
export async function untilViewHas(store: ApiStore, revision: Revision): Promise<void> {
  const deadline = monotonicMs() + MAX_WAIT_MS;
  const forever = new AbortController().signal;
  while (store.view.revision < revision && monotonicMs() < deadline) await delay(POLL_MS, forever);
}
