import { ApiClient } from './api-client';

/** A bare engine, driven without losing time: the peer that we are measured against. */
export class RawEngine {
  private readonly api: ApiClient;

  constructor(socketPath: string) {
    this.api = new ApiClient(socketPath);
  }

  /** Creates and starts a container with what an agent gives a sleeping task. @returns its id */
  async createAndStart(image = 'busybox:latest'): Promise<string> {
    const body = {
      Image: image,
      Cmd: ['sleep', '1000000'],
      Labels: { 'swarmctl.bench': '1' },
      HostConfig: { NetworkMode: 'default', RestartPolicy: { Name: 'no' } },
    };
    const { Id } = await this.api.send<{ Id: string }>('POST', '/containers/create', body);
    await this.api.send('POST', `/containers/${Id}/start`);
    return Id;
  }

  /** Ends a container, killing it after the grace period. */
  async stop(id: string, graceSeconds: number): Promise<void> {
    await this.api.send('POST', `/containers/${id}/stop?t=${graceSeconds}`);
  }

  async remove(id: string): Promise<void> {
    await this.api.send('DELETE', `/containers/${id}?force=1`);
  }

  /** How many containers it has, and how many of them run. */
  async count(): Promise<{ present: number; running: number }> {
    const containers = await this.api.send<{ State: string }[]>('GET', '/containers/json?all=1');
    return { present: containers.length, running: containers.filter(({ State }) => State === 'running').length };
  }

  close(): void {
    this.api.close();
  }
}
