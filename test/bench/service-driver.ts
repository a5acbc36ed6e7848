import { eventually } from '#common/testing';
import type { ApiClient } from './api-client';

/** What the measured services differ in. Docker's names are used for the rest. */
export interface ServiceShape {
  readonly replicas: number;
  /** How long a task may take to end; the sleeping program ends only when it is killed, so this is what its end takes. */
  readonly graceSeconds?: number;
  readonly update?: { readonly parallelism: number; readonly order: UpdateOrder; readonly monitorSeconds: number };
}

export type UpdateOrder = 'stop-first' | 'start-first';

/** When an update's new tasks all ran, and when it was called completed: milliseconds from its request. */
export interface UpdateTimes {
  readonly runningMs: number;
  readonly completedMs: number;
}

interface Task {
  readonly Status: { readonly State: string };
  readonly Spec: { readonly ContainerSpec: { readonly Image: string } };
}

interface Service {
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Mode: object;
    readonly TaskTemplate: { readonly ContainerSpec: object };
  };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string };
}

const FIRST_IMAGE = 'busybox:latest';
const NEXT_IMAGE = 'busybox:2';
const NANOSECONDS = 1_000_000_000;
const TIMEOUT_MS = 180_000;
/** Costs an orchestrator little, and is little against what is measured. */
const POLL_MS = 100;

/** One service behind any Docker API, swarm's or ours, watched the same way: by listing its tasks. */
export class ServiceDriver {
  private readonly tasksPath: string;

  private constructor(
    private readonly api: ApiClient,
    private readonly id: string,
  ) {
    this.tasksPath = `/tasks?filters=${encodeURIComponent(JSON.stringify({ service: [id] }))}`;
  }

  static async create(api: ApiClient, name: string, shape: ServiceShape): Promise<ServiceDriver> {
    const { ID } = await api.send<{ ID: string }>('POST', '/services/create', toSpec(name, shape));
    return new ServiceDriver(api, ID);
  }

  /** Waits until so many of its tasks run, by the API. */
  async untilRunning(replicas: number): Promise<void> {
    await this.until(`${replicas} tasks run`, async () => (await this.runningCount()) >= replicas);
  }

  async scale(replicas: number): Promise<void> {
    await this.change((spec) => ({ ...spec, Mode: { Replicated: { Replicas: replicas } } }));
  }

  /** Gives the service its second image, and watches the update. @throws Error when it ends otherwise than completed */
  async update(replicas: number): Promise<UpdateTimes> {
    const startedAt = performance.now();
    await this.change((spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: NEXT_IMAGE },
      },
    }));
    let runningMs: number | undefined;
    await this.until('the update is completed', async () => {
      if (runningMs === undefined && (await this.runningCount(NEXT_IMAGE)) >= replicas) runningMs = performance.now() - startedAt;
      const { UpdateStatus } = await this.inspect();
      if (UpdateStatus?.State === 'paused') throw new Error(`the update is paused: ${UpdateStatus.Message}`);
      return UpdateStatus?.State === 'completed';
    });
    const completedMs = performance.now() - startedAt;
    return { runningMs: runningMs ?? completedMs, completedMs };
  }

  async remove(): Promise<void> {
    await this.api.send('DELETE', `/services/${this.id}`);
  }

  /** Waits until no task of a removed service is recorded. */
  async untilForgotten(): Promise<void> {
    await this.until('its tasks are gone', async () => (await this.api.send<Task[]>('GET', '/tasks')).length === 0);
  }

  private async runningCount(image?: string): Promise<number> {
    const tasks = await this.api.send<Task[]>('GET', this.tasksPath);
    const counts = ({ Status, Spec }: Task): boolean =>
      Status.State === 'running' && (image === undefined || Spec.ContainerSpec.Image.startsWith(image));
    return tasks.filter(counts).length;
  }

  private inspect(): Promise<Service> {
    return this.api.send<Service>('GET', `/services/${this.id}`);
  }

  private async change(edit: (spec: Service['Spec']) => object): Promise<void> {
    const { Version, Spec } = await this.inspect();
    await this.api.send('POST', `/services/${this.id}/update?version=${Version.Index}`, edit(Spec));
  }

  private async until(reason: string, check: () => Promise<boolean>): Promise<void> {
    await eventually(check, { reason, timeoutMs: TIMEOUT_MS, intervalMs: POLL_MS });
  }
}

/** Without ports and with DNS instead of a virtual address, which stock swarm mode cannot give without IPVS in the kernel. */
function toSpec(name: string, { replicas, graceSeconds = 0, update }: ServiceShape): object {
  return {
    Name: name,
    Mode: { Replicated: { Replicas: replicas } },
    EndpointSpec: { Mode: 'dnsrr' },
    TaskTemplate: {
      ContainerSpec: {
        Image: FIRST_IMAGE,
        Args: ['sleep', '1000000'],
        StopGracePeriod: graceSeconds * NANOSECONDS,
      },
    },
    ...(update && {
      UpdateConfig: {
        Parallelism: update.parallelism,
        Order: update.order,
        Monitor: update.monitorSeconds * NANOSECONDS,
        FailureAction: 'pause',
      },
    }),
  };
}
