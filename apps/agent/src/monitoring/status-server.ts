import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { guarded } from '#common/concurrency';
import type { Logger } from '#common/logging';

const MAX_CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 5_000;

export interface StatusSources {
  readonly registry: Registry;
  /** What keeps the agent from its work; empty when nothing does. */
  readonly troubles: () => readonly string[];
  readonly logger: Logger;
}

/** Serves /healthz (the process lives), /readyz (a manager and the engine are reached) and /metrics. */
export class StatusServer {
  private readonly server: Server;

  constructor(private readonly sources: StatusSources) {
    this.server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    this.server.maxConnections = MAX_CONNECTIONS;
    const { logger } = sources;
    this.server.on(
      'request',
      guarded(
        (request, response) => this.answer(request.url ?? '', response),
        (error, { url }, response) => {
          logger.error({ err: error, url }, 'a request for the state of the agent failed');
          response.destroy();
        },
      ),
    );
    this.server.on('error', (error) => logger.warn({ reason: error.message }, 'the state of the agent is not served'));
  }

  /**
   * Resolves when the server accepts connections.
   * @param address host:port
   */
  listen(address: string): Promise<void> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(Number(address.slice(colon + 1)), host, resolve);
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/healthz':
        return send(response, 200, 'ok\n');
      case '/readyz': {
        const troubles = this.sources.troubles();
        return send(response, troubles.length === 0 ? 200 : 503, `${troubles.join('\n') || 'ok'}\n`);
      }
      case '/metrics': {
        const { registry } = this.sources;
        return send(response, 200, await registry.metrics(), registry.contentType);
      }
      default:
        return send(response, 404, 'not found\n');
    }
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
