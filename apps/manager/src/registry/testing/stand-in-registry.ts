import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of a registry. */
export interface RegistryAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Answers a request, or leaves it without an answer. */
export type Answerer = (request: {
  method: string;
  path: string;
  authorization: string | undefined;
  body: string;
}) => RegistryAnswer | undefined;

/** A registry on loopback that answers as a test says, for what a real one would have to be broken for. */
export class StandInRegistry {
  readonly seen: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(answer: Answerer): Promise<StandInRegistry> {
    const server = createServer((request, response) => void registry.respond(answer, request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = new StandInRegistry(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    return registry;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async respond(answer: Answerer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    this.seen.push(`${method} ${path} ${headers.authorization ?? '-'}`);
    const answered = answer({ method, path, authorization: headers.authorization, body: Buffer.concat(chunks).toString() });
    if (!answered) return;
    const { status = 200, headers: extra = {}, body = '' } = answered;
    response.writeHead(status, { 'content-type': 'application/json', ...extra });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}
