import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { LabCluster, type ClusterOptions } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { commandEnvironment, runCommand, type CommandOutput } from '../lab/run-command';
import type { UnixReply } from '../lab/unix-http';

/** A task as the API gives it, as far as the tests look. */
export interface TaskJson {
  ID: string;
  ServiceID: string;
  Slot: number;
  NodeID: string;
  DesiredState: string;
  Status: { State: string; Err?: string; Message?: string; ContainerStatus?: { ContainerID?: string; ExitCode?: number } };
}

/** A container of ours on an engine. */
export interface ContainerJson {
  host: string;
  Id: string;
  State: string;
  Labels: Record<string, string>;
}

const TOP = join(__dirname, '../..');
/** As people start it: the first line of the file matters. */
const SWARMCTL = join(TOP, 'node_modules/.bin/swarmctl');
const TASK_LABEL = 'com.docker.swarm.task.id';

/** Every stock Docker command line on this machine, each once. */
export const DOCKER_CLIS: readonly string[] = ['/usr/bin/docker', '/usr/local/bin/docker'].filter((path) => existsSync(path));

/** A real cluster on lab hosts, and what tests do with it. */
export class SwarmUnderTest {
  private constructor(
    readonly lab: Lab,
    readonly cluster: LabCluster,
  ) {}

  /** Engines, etcd, one manager on n1, an agent on every host. */
  static async up(
    name: string,
    hosts: readonly string[] = ['n1', 'n2', 'n3'],
    options: ClusterOptions = {},
  ): Promise<SwarmUnderTest> {
    const lab = await Lab.up({ name, hosts });
    try {
      return new SwarmUnderTest(lab, await LabCluster.up(lab, options));
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  down(): Promise<void> {
    return this.lab.down();
  }

  get host(): string {
    return `unix://${this.cluster.managerSocket}`;
  }

  /** Runs a stock docker CLI against the manager. */
  docker(cli: string, ...args: string[]): Promise<CommandOutput> {
    return runCommand(cli, ['-H', this.host, ...args], { timeoutMs: 60_000 });
  }

  /** Runs swarmctl against the manager. */
  swarmctl(...args: string[]): Promise<CommandOutput> {
    return runCommand(SWARMCTL, args, {
      timeoutMs: 60_000,
      env: commandEnvironment({ SWARMCTL_HOST: this.host }),
    });
  }

  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<UnixReply> {
    return this.cluster.api.send({ method, path: `/v1.41${path}`, body });
  }

  /** Creates a service of busybox containers that sleep and stop at once. @returns its id */
  async createSleepers(name: string, replicas: number, taskTemplate: object = {}): Promise<string> {
    const body = {
      Name: name,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { ContainerSpec: sleeper(), ...taskTemplate },
    };
    return (await this.cluster.api.json<{ ID: string }>({ method: 'POST', path: '/v1.41/services/create', body })).ID;
  }

  tasks(service?: string): Promise<TaskJson[]> {
    const filters = service ? `?filters=${encodeURIComponent(JSON.stringify({ service: [service] }))}` : '';
    return this.cluster.api.json<TaskJson[]>({ path: `/v1.41/tasks${filters}` });
  }

  async running(service: string): Promise<TaskJson[]> {
    return (await this.tasks(service)).filter((task) => task.Status.State === 'running' && task.DesiredState === 'running');
  }

  /** Waits until exactly `count` tasks of the service run and each has its container running. */
  async untilRunning(service: string, count: number, timeoutMs = 20_000): Promise<TaskJson[]> {
    return eventually(
      async () => {
        const running = await this.running(service);
        if (running.length !== count) throw new Error(`${running.length} run`);
        return running;
      },
      { reason: `${count} tasks of ${service} run`, timeoutMs },
    );
  }

  /** Containers of tasks on the engines of these hosts (all hosts unless told), running or not. */
  async containers(hosts: readonly string[] = this.lab.hosts.map(({ name }) => name)): Promise<ContainerJson[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [TASK_LABEL] }));
    const lists = await Promise.all(
      hosts.map(async (host) => {
        const path = `/containers/json?all=1&filters=${filters}`;
        const list = await this.lab.host(host).docker.json<Omit<ContainerJson, 'host'>[]>({ path });
        return list.map((container) => ({ ...container, host }));
      }),
    );
    return lists.flat();
  }

  /** Ids of running containers, sorted, to compare before and after. */
  async runningContainerIds(): Promise<string[]> {
    return (await this.containers())
      .filter(({ State }) => State === 'running')
      .map(({ Id }) => Id)
      .sort();
  }

  async nodeId(hostname: string): Promise<string> {
    const node = (await this.cluster.nodes()).find((each) => each.Description?.Hostname === hostname);
    if (!node) throw new Error(`there is no node ${hostname}`);
    return node.ID;
  }

  /** Removes every service and waits until no container of a task is left anywhere. */
  async removeServices(): Promise<void> {
    const services = await this.cluster.api.json<{ ID: string }[]>({ path: '/v1.41/services' });
    for (const { ID } of services) await this.send('DELETE', `/services/${ID}`);
    await this.untilNoContainers();
  }

  async untilNoContainers(): Promise<void> {
    await eventually(async () => (await this.containers()).length === 0, {
      reason: 'no container of a task is left',
      timeoutMs: 30_000,
    });
  }

  /** The record of a task outlives its container until the agent has reported the end, so this waits as well. */
  async untilNoTasks(): Promise<void> {
    await eventually(async () => (await this.tasks()).length === 0, { reason: 'no task is left', timeoutMs: 30_000 });
  }
}

/** A container that sleeps, and is not worth a grace period. */
export function sleeper(image = 'busybox:latest'): object {
  return { Image: image, Args: ['sleep', '1000000'], StopGracePeriod: 0 };
}
