import { TaskState } from '#common/domain';
import { isCode } from '#common/errors';
import type { Node, Service, Task } from '#common/proto';
import type { ManagerApi } from '../manager-api';
import { toSample, usageBetween, type Usage, type UsageSample } from './container-usage';

/** The cluster at one moment, and what its tasks use. */
export interface ClusterUsage {
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
  /** Those that run. */
  readonly tasks: readonly Task[];
  /** By task id; a task whose node does not answer has none. */
  readonly usage: ReadonlyMap<string, Usage>;
}

/** Each is a request by way of an agent: enough at a time for hundreds of tasks in a blink, few enough for one manager. */
const AT_A_TIME = 32;

/** Reads what runs and what it uses, again and again. */
export class UsageReader {
  private samples: ReadonlyMap<string, UsageSample> = new Map();

  constructor(private readonly api: ManagerApi) {}

  async read(): Promise<ClusterUsage> {
    const { api } = this;
    const [services, nodes, all] = await Promise.all([
      api.services({}, true),
      api.nodes(),
      api.tasks({ 'desired-state': ['running'] }),
    ]);
    const tasks = all.map(({ object }) => object).filter(({ status }) => status?.state === TaskState.running);
    const samples = await this.sample(tasks);
    const usage = new Map([...samples].map(([id, sample]) => [id, usageBetween(this.samples.get(id), sample)]));
    this.samples = samples;
    return { services: services.map(({ object }) => object), nodes: nodes.map(({ object }) => object), tasks, usage };
  }

  private async sample(tasks: readonly Task[]): Promise<Map<string, UsageSample>> {
    const samples = new Map<string, UsageSample>();
    const waiting = [...tasks];
    const work = async (): Promise<void> => {
      for (let task = waiting.shift(); task; task = waiting.shift()) {
        const sample = await this.sampleOf(task);
        if (sample) samples.set(task.id, sample);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return samples;
  }

  private async sampleOf({ status }: Task): Promise<UsageSample | undefined> {
    const containerId = status?.containerStatus?.containerId;
    if (!containerId) return undefined;
    try {
      return toSample(await this.api.streams.containerStats(containerId));
    } catch (error) {
      // The manager itself is not there.
      if (isCode(error, 'UNAVAILABLE')) throw error;
      return undefined;
    }
  }
}
