import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { guarded } from '#common/concurrency';
import type { Logger } from '#common/logging';
import type { RequestHandlers } from '../request-handler';

/** Those of an HTTP server, as its events want them. */
interface GuardedHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * The edge of the API: what goes wrong with one request, in its handler or on its connection at any time, ends that connection. Without
 * somebody who listens, an error of any of these streams would end the process.
 */
export function guardedHandlers(handlers: RequestHandlers, logger: Logger): GuardedHandlers {
  const report = (error: Error, { method, url }: IncomingMessage): void =>
    logger.error({ err: error, method, url }, 'a request failed past its handler');
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
    upgrade: guarded(
      (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => socket.destroy());
        return handlers.upgrade(request, socket, head);
      },
      (error, request, socket) => {
        report(error, request);
        socket.destroy();
      },
    ),
  };
}

/** The answer's side ends too, and is reported. */
function ignore(): void {}
