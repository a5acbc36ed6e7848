import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { guarded } from '#common/concurrency';
import type { Logger } from '#common/logging';

/** What an HTTP server is given to do, as its events want it; a promise that comes back is waited for. */
interface Handlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;
  readonly connect: (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;
}

/**
 * The edge of the API: what goes wrong with one request, in its handler or on its connection at any time, ends that connection. Without
 * somebody who listens, an error of any of these streams would end the process.
 */
export function guardedHandlers(handlers: Handlers, logger: Logger): Handlers {
  const report = (error: Error, { method, url }: IncomingMessage): void =>
    logger.error({ err: error, method, url }, 'a request failed past its handler');
  const endConnection = (error: Error, request: IncomingMessage, socket: Duplex): void => {
    report(error, request);
    socket.destroy();
  };
  return {
    request: guarded(
      (request: IncomingMessage, response: ServerResponse) => {
        request.on('error', ignore);
        response.on('error', (error) => logger.debug({ reason: error.message, url: request.url }, 'an answer broke off'));
        return handlers.request(request, response);
      },
      (error, request, response) => {
        report(error, request);
        response.destroy();
      },
    ),
    // Whoever is handed a connection may give it back, and listens for its errors only until then.
    upgrade: guarded(handlers.upgrade, endConnection),
    connect: guarded((request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', ignore);
      return handlers.connect(request, socket, head);
    }, endConnection),
  };
}

/** The answer's side, or the connection, ends too, and that is reported. */
function ignore(): void {}
