import type { ServerResponse } from 'node:http';

/** Aborts when the answer is over: sent as a whole, or its client has gone away, be it before this call. */
export function whenOver(response: ServerResponse): AbortSignal {
  const over = new AbortController();
  // A response that has been closed does not say so again.
  if (response.closed || response.destroyed) over.abort();
  else response.once('close', () => over.abort());
  return over.signal;
}
