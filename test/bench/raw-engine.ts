import { Agent, request } from 'node:http';

/** An engine's API over kept-alive connections, as a fast client would use it: the peer that we are measured against. */
export class RawEngine {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly socketPath: string) {}

  /** Creates and starts a container with what an agent gives a sleeping task. @returns its id */
  async createAndStart(): Promise<string> {
    const body = {
      Image: 'busybox:latest',
      Cmd: ['sleep', '1000000'],
      Labels: { 'swarmctl.bench': '1' },
      HostConfig: { NetworkMode: 'default', RestartPolicy: { Name: 'no' } },
    };
    const { Id } = await this.send<{ Id: string }>('POST', '/containers/create', body);
    await this.send('POST', `/containers/${Id}/start`);
    return Id;
  }

  async remove(id: string): Promise<void> {
    await this.send('DELETE', `/containers/${id}?force=1`);
  }

  close(): void {
    this.agent.destroy();
  }

  private send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return sendJson<T>({ socketPath: this.socketPath, agent: this.agent }, method, path, body);
  }
}

/** The manager's API over kept-alive connections. */
export class ManagerClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly socketPath: string) {}

  send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return sendJson<T>({ socketPath: this.socketPath, agent: this.agent }, method, `/v1.41${path}`, body);
  }

  close(): void {
    this.agent.destroy();
  }
}

/** @throws Error unless the status is 2xx */
function sendJson<T>(where: { socketPath: string; agent: Agent }, method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
    const call = request({ ...where, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isGood = (response.statusCode ?? 500) < 300;
        if (isGood) resolve((text.trim() ? JSON.parse(text) : undefined) as T);
        else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text.trim()}`));
      });
    });
    call.on('error', reject);
    call.end(payload);
  });
}
