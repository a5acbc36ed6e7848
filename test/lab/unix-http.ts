import { request as httpRequest } from 'node:http';

/** One request over a unix socket. */
export interface UnixRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Path and query. */
  readonly path: string;
  /** A buffer is sent as a tar archive, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange; 10 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What came back, whatever its status. */
export interface UnixReply {
  readonly status: number;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** A plain HTTP client for a unix socket: an engine's or a manager's. One connection per request. */
export class UnixHttp {
  /** @param socketPath at most 107 bytes, the kernel's limit */
  constructor(readonly socketPath: string) {}

  /** Sends a request. @throws Error when there is no complete answer in time */
  async send(request: UnixRequest): Promise<UnixReply> {
    try {
      return await this.exchange(request);
    } catch (error) {
      throw new Error(`${this.describe(request)} got no answer: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Sends a request and gives the parsed JSON of the answer (`undefined` when it is empty). @throws Error unless the status is 2xx */
  async json<T>(request: UnixRequest): Promise<T> {
    const { status, text } = await this.send(request);
    if (status < 200 || status > 299) throw new Error(`${this.describe(request)} answered ${status}: ${text.trim()}`);
    return (text.trim() === '' ? undefined : JSON.parse(text)) as T;
  }

  private describe({ method = 'GET', path }: UnixRequest): string {
    return `${method} ${path} on ${this.socketPath}`;
  }

  private exchange({
    method = 'GET',
    path,
    body,
    headers,
    signal,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  }: UnixRequest): Promise<UnixReply> {
    return new Promise<UnixReply>((resolve, reject) => {
      const options = {
        socketPath: this.socketPath,
        method,
        path,
        signal,
        agent: false,
        headers: { ...contentType(body), ...headers },
      };
      const outgoing = httpRequest(options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      outgoing.once('close', () => clearTimeout(timer));
      outgoing.once('error', reject);
      outgoing.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  }
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' };
}
