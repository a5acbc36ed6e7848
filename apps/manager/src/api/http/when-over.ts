import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Aborts when the answer is over: sent as a whole, or its client has gone away, be it before this call. An answer that waits for others
 * on its connection has none yet and does not notice that it is closed; the request's connection does.
 */
export function whenOver(response: ServerResponse): AbortSignal {
  const over = new AbortController();
  // A log of a service is one of many tasks.
  setMaxListeners(0, over.signal);
  const { socket } = response.req;
  if (response.closed || response.destroyed || socket.destroyed) {
    over.abort();
    return over.signal;
  }
  const end = (): void => {
    response.off('close', end);
    socket.off('close', end);
    over.abort();
  };
  response.once('close', end);
  // As many as there are requests that a client sends without waiting for answers.
  socket.setMaxListeners(0).once('close', end);
  return over.signal;
}
