import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OVERLAY_LABEL } from '#common/domain';
import { eventually } from '#common/testing';
import { LabCluster, type ClusterOptions } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { commandEnvironment, runCommand, type CommandOutput } from '../lab/run-command';
import type { LabHost } from '../lab/lab-host';
import { inContainer } from './traffic';
import type { UnixReply } from '../lab/unix-http';

/** A task as the API gives it, as far as the tests look. */
export interface TaskJson {
  ID: string;
  ServiceID: string;
  Slot: number;
  NodeID: string;
  DesiredState: string;
  NetworksAttachments?: { Network: { ID: string }; Addresses: string[] }[];
  Status: { State: string; Err?: string; Message?: string; ContainerStatus?: { ContainerID?: string; ExitCode?: number } };
}

export interface UpdateJson {
  State: string;
  Message?: string;
}

/** A service's spec as the API gives it, as far as the tests look. */
export interface SpecJson {
  Labels?: Record<string, string>;
  TaskTemplate: { ContainerSpec: { Image: string; Env?: string[] }; Placement?: object; ForceUpdate?: number };
  Mode?: { Replicated?: { Replicas: number } };
  UpdateConfig?: object;
  RollbackConfig?: object;
}

export interface ServiceJson {
  ID: string;
  Version: { Index: number };
  Spec: SpecJson;
  UpdateStatus?: UpdateJson;
  Endpoint?: { Ports?: { PublishedPort: number }[]; VirtualIPs?: { NetworkID: string; Addr: string }[] };
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

/** What people change a cluster with: a stock command line and ours. All of Docker's are compared with its own swarm mode by the golden tests. */
export const CLIENTS = [DOCKER_CLIS.at(-1) ?? 'docker', 'swarmctl'].map((client) => ({ client }));

/** What managers are unlocked with. */
export const UNLOCK_KEY = /SWMKEY-1-[A-Za-z0-9+/]{43}/;

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
    {
      registry,
      clients,
      ...options
    }: ClusterOptions & { readonly registry?: boolean; readonly clients?: readonly string[] } = {},
  ): Promise<SwarmUnderTest> {
    const lab = await Lab.up({ name, hosts, registry, clients });
    try {
      return new SwarmUnderTest(lab, await LabCluster.up(lab, options));
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Looks at one of several clusters on a lab, which whoever made it removes. */
  static around(lab: Lab, cluster: LabCluster): SwarmUnderTest {
    return new SwarmUnderTest(lab, cluster);
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
    return this.swarmctlIn({}, ...args);
  }

  /** The same with more in the environment. */
  swarmctlIn(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<CommandOutput> {
    return runCommand(SWARMCTL, args, {
      timeoutMs: 60_000,
      env: commandEnvironment({ SWARMCTL_HOST: this.host, ...environment }),
    });
  }

  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<UnixReply> {
    return this.cluster.api.send({ method, path: `/v1.41${path}`, body });
  }

  /** Creates a service from the body of a create call. @returns its id */
  async create(body: object): Promise<string> {
    const reply = await this.send('POST', '/services/create', body);
    if (reply.status !== 201) throw new Error(`the service was answered with ${reply.status}: ${reply.text}`);
    return (JSON.parse(reply.text) as { ID: string }).ID;
  }

  /** Makes an overlay network. @returns its id */
  async createNetwork(name: string, more: object = {}): Promise<string> {
    const reply = await this.send('POST', '/networks/create', { Name: name, Driver: 'overlay', ...more });
    if (reply.status !== 201) throw new Error(`the network was answered with ${reply.status}: ${reply.text}`);
    return (JSON.parse(reply.text) as { Id: string }).Id;
  }

  /** The container of a running task, and the host that it is on. */
  async containerOf({ Status }: TaskJson): Promise<{ host: LabHost; id: string }> {
    const id = Status.ContainerStatus?.ContainerID ?? '';
    const found = (await this.containers()).find((container) => container.Id === id);
    if (!found) throw new Error(`there is no container ${id}`);
    return { host: this.lab.host(found.host), id };
  }

  /** Runs a command in the container of a running task. */
  async inTask(task: TaskJson, ...command: string[]): Promise<string> {
    const { host, id } = await this.containerOf(task);
    return inContainer(host, id, ...command);
  }

  /** Waits until no host has a device, a rule or an engine network of ours. */
  async untilNoOverlays(): Promise<void> {
    for (const host of this.engineHosts().map((name) => this.lab.host(name))) {
      await eventually(async () => expect(await overlayTraces(host)).toEqual([]), {
        reason: `${host.name} has nothing left of overlay networks`,
        timeoutMs: 30_000,
      });
    }
  }

  /** Creates a service of busybox containers that sleep and stop at once. @returns its id */
  async createSleepers(name: string, replicas: number, taskTemplate: object = {}, spec: object = {}): Promise<string> {
    const body = {
      Name: name,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { ContainerSpec: sleeper(), ...taskTemplate },
      ...spec,
    };
    return (await this.cluster.api.json<{ ID: string }>({ method: 'POST', path: '/v1.41/services/create', body })).ID;
  }

  service(name: string): Promise<ServiceJson> {
    return this.cluster.api.json<ServiceJson>({ path: `/v1.41/services/${name}` });
  }

  /** Changes a service's spec, as a client does: on what it is now. */
  async updateService(name: string, change: (spec: SpecJson) => SpecJson): Promise<void> {
    const { Version, Spec } = await this.service(name);
    const reply = await this.send('POST', `/services/${name}/update?version=${Version.Index}`, change(Spec));
    if (reply.status !== 200) throw new Error(`the update of ${name} was answered with ${reply.status}: ${reply.text}`);
  }

  /** Waits until the service's update is in this state. */
  untilUpdate(name: string, state: string, timeoutMs = 30_000): Promise<UpdateJson> {
    return eventually(
      async () => {
        const { UpdateStatus: update } = await this.service(name);
        if (update?.State !== state) throw new Error(`it is ${update?.State ?? 'none'}: ${update?.Message ?? ''}`);
        return update;
      },
      { reason: `the update of ${name} is ${state}`, timeoutMs },
    );
  }

  /** Sets a node's availability or labels, keeping the rest of its spec. */
  async updateNode(hostname: string, change: object): Promise<void> {
    const node = await this.cluster.api.json<{ ID: string; Version: { Index: number }; Spec: object }>({
      path: `/v1.41/nodes/${hostname}`,
    });
    const reply = await this.send('POST', `/nodes/${node.ID}/update?version=${node.Version.Index}`, { ...node.Spec, ...change });
    if (reply.status !== 200) throw new Error(`the update of ${hostname} was answered with ${reply.status}: ${reply.text}`);
  }

  /** How many running tasks of the service each host has. */
  async perHost(service: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = Object.fromEntries(this.lab.hosts.map(({ name }) => [name, 0]));
    const nodes = new Map((await this.cluster.nodes()).map(({ ID, Description }) => [ID, Description?.Hostname ?? '']));
    for (const { NodeID } of await this.running(service))
      counts[nodes.get(NodeID) ?? ''] = (counts[nodes.get(NodeID) ?? ''] ?? 0) + 1;
    return counts;
  }

  /** Counts running tasks until `work` is done. @returns the fewest there were at any time */
  async fewestRunning(service: string, work: () => Promise<unknown>): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY;
    let isOver = false;
    const watching = (async () => {
      // A task that is told to stop goes on serving until it does: what runs counts, whatever is wanted of it.
      while (!isOver) {
        const up = (await this.tasks(service)).filter(({ Status }) => Status.State === 'running').length;
        fewest = Math.min(fewest, up);
      }
    })();
    await work().finally(() => (isOver = true));
    await watching;
    return fewest;
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

  private engineHosts(): string[] {
    return this.lab.hosts.filter(({ hasOwnEngine }) => hasOwnEngine).map(({ name }) => name);
  }

  /** Containers of tasks on the engines of these hosts (all hosts unless told), running or not. */
  async containers(hosts: readonly string[] = this.engineHosts()): Promise<ContainerJson[]> {
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

/** Tables of base rules: they are there for as long as the programs run, with overlays or without. */
const BASE_RULES = /^table inet swarmctl-base-(?:agent|manager)$/;

async function overlayTraces(host: LabHost): Promise<string[]> {
  const links = await host.exec('ip', ['-o', 'link', 'show']);
  const networks = await host.docker.json<{ Name: string; Labels?: Record<string, string> }[]>({ path: '/networks' });
  const tables = await host.exec('nft', ['list', 'tables']);
  const rules = await host.exec('ip', ['rule', 'show']);
  const forwarding = await host.exec('iptables', ['-w', '-S']);
  const tracesIn = (output: string, trace: RegExp): string[] => output.split('\n').filter((line) => trace.test(line));
  return [
    ...tracesIn(links.stdout, /: (?:(?:vx|sc)[0-9a-f]+|swg-)/),
    ...networks.filter(({ Labels }) => Labels?.[OVERLAY_LABEL]).map(({ Name }) => Name),
    ...tracesIn(tables.stdout, /swarmctl/).filter((line) => !BASE_RULES.test(line.trim())),
    ...tracesIn(forwarding.stdout, /SWARMCTL|\bsc(?:\+|[0-9a-f]+\b)/),
    ...tracesIn(rules.stdout, /fwmark/),
  ];
}

/** A container that sleeps, and is not worth a grace period. */
export function sleeper(image = 'busybox:latest'): object {
  return { Image: image, Args: ['sleep', '1000000'], StopGracePeriod: 0 };
}
