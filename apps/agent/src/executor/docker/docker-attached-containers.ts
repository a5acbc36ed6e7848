import type { AttachedContainer, AttachedContainers } from '../attached-containers';
import type { EngineClient } from './engine-client';

const DEADLINE_MS = 10_000;
const RUNNING = ['running', 'paused', 'restarting'];

/** The AttachedContainers of a Docker engine. */
export class DockerAttachedContainers implements AttachedContainers {
  constructor(private readonly engine: EngineClient) {}

  async find(containerId: string): Promise<AttachedContainer | undefined> {
    const [info] = await this.engine.call('list containers', DEADLINE_MS, (abortSignal) =>
      this.engine.unary.listContainers({ all: true, filters: { id: [containerId] }, abortSignal }),
    );
    if (!info) return undefined;
    return { isRunning: RUNNING.includes(info.State ?? ''), networks: Object.keys(info.NetworkSettings?.Networks ?? {}) };
  }
}
