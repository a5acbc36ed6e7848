import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a path answers with. */
export interface StandInAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

type Answerer = (request: IncomingMessage, body: string) => StandInAnswer;

export function sha256(text: string | Buffer): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** An HTTP server on loopback that plays a registry, a token server or anything else that answers by path. */
export class StandInRegistry {
  /** Every request as `METHOD path?query`, with its Authorization if it had one. */
  readonly requests: string[] = [];
  private readonly paths = new Map<string, Answerer>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  static async start(): Promise<StandInRegistry> {
    const registry = new StandInRegistry();
    await new Promise<void>((resolve) => registry.server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `127.0.0.1:port` */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  answer(path: string, answer: StandInAnswer | Answerer): void {
    this.paths.set(path, typeof answer === 'function' ? answer : () => answer);
  }

  /** Puts a manifest under a tag and under its digest. @returns the digest */
  putManifest(repository: string, tag: string, mediaType: string, manifest: object): string {
    const body = JSON.stringify(manifest);
    const digest = sha256(body);
    const headers = { 'Content-Type': mediaType, 'Docker-Content-Digest': digest };
    for (const name of [tag, digest]) this.answer(`/v2/${repository}/manifests/${name}`, { headers, body });
    return digest;
  }

  /** @returns its digest */
  putBlob(repository: string, content: object): string {
    const body = JSON.stringify(content);
    this.answer(`/v2/${repository}/blobs/${sha256(body)}`, { body });
    return sha256(body);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { authorization } = request.headers;
    this.requests.push(`${request.method} ${request.url}${authorization === undefined ? '' : ` [${authorization}]`}`);
    const answerer = this.paths.get(new URL(request.url ?? '/', 'http://registry').pathname) ?? manifestUnknown;
    const { status = 200, headers = {}, body = '' } = answerer(request, Buffer.concat(chunks).toString());
    // A status of none is a server that says nothing.
    if (status !== 0) response.writeHead(status, headers).end(body);
  }
}

function manifestUnknown(): StandInAnswer {
  return { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }) };
}
