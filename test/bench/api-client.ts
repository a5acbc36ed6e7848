import { Agent, request } from 'node:http';

/** Longer than a removal takes on a machine that is overloaded. */
const TIMEOUT_MS = 60_000;

/** The Docker Engine API over kept-alive connections, as a fast client would use it: an engine's or a manager's. */
export class ApiClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly socketPath: string) {}

  /** @returns the parsed answer, `undefined` when it is empty. @throws Error unless the status is 2xx, and after a minute */
  async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = await this.sendRaw(method, path, body);
    return (text.trim() ? JSON.parse(text) : undefined) as T;
  }

  /** As send, but the answer is left as it is. */
  sendRaw(method: string, path: string, body?: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const where = { socketPath: this.socketPath, agent: this.agent, method, path: `/v1.41${path}`, headers };
      const call = request(where, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isGood = (response.statusCode ?? 500) < 300;
          if (isGood) resolve(text);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text.trim()}`));
        });
      });
      call.on('error', reject);
      call.setTimeout(TIMEOUT_MS, () => call.destroy(new Error(`${method} ${path}: no answer within ${TIMEOUT_MS} ms`)));
      call.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
