import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  commandLine,
  etcdctlArgs,
  etcdHostsOf,
  partsOf,
  USUAL_PORTS,
  type ClusterLayout,
  type ClusterPart,
  type ClusterPorts,
  type PlacedPart,
} from './cluster-layout';
import { untilReady } from './engine';
import { makeEtcdCertificates } from './etcd-certificates';
import { eventually } from '#common/testing';
import type { Lab } from './lab';
import type { LabProcess } from './process-table';
import { UnixHttp } from './unix-http';

/** How to lay a cluster out on a lab. */
export interface ClusterOptions {
  /** Hosts that are its nodes; unless told, every host with an engine. */
  readonly hosts?: readonly string[];
  /** Hosts with a manager and an etcd member each; unless told, the first host. */
  readonly managers?: readonly string[];
  /** Unix socket of the first manager; unless told, one in the lab's own folder. */
  readonly managerSocket?: string;
  readonly ports?: ClusterPorts;
  readonly etcdQuotaBytes?: number;
  readonly logLevel?: string;
  readonly extraArgs?: ClusterLayout['extraArgs'];
}

/** A node as `GET /nodes` gives it, as far as needed here. */
export interface NodeSummary {
  readonly ID: string;
  readonly Description?: { readonly Hostname?: string };
  readonly Status?: { readonly State?: string };
}

const LAYOUT_FILE = 'cluster.json';
const START_TIMEOUT_MS = 60_000;
const READYZ_TIMEOUT_MS = 1_000;
const NODES_TIMEOUT_MS = 2_000;

/** etcd, managers and agents on the hosts of a lab. Nothing restarts by itself: that is for tests and supervisors to do. */
export class LabCluster {
  private constructor(
    readonly lab: Lab,
    readonly layout: ClusterLayout,
  ) {}

  /** Lays a cluster out, and keeps that on disk, with new certificates for its etcd; starts nothing. */
  static async create(lab: Lab, options: ClusterOptions = {}): Promise<LabCluster> {
    const layout = layOut(lab, options);
    for (const socket of layout.sockets) mkdirSync(dirname(socket), { recursive: true });
    await makeEtcdCertificates(etcdHostsOf(layout));
    writeFileSync(join(lab.root, LAYOUT_FILE), JSON.stringify(layout));
    return new LabCluster(lab, layout);
  }

  /** The cluster that was laid out on a lab, perhaps by another program; `undefined` when there is none. */
  static find(lab: Lab): LabCluster | undefined {
    const file = join(lab.root, LAYOUT_FILE);
    return existsSync(file) ? new LabCluster(lab, JSON.parse(readFileSync(file, 'utf8')) as ClusterLayout) : undefined;
  }

  /** Lays a cluster out, starts all of it and waits until every node is ready. @throws Error with the log's end when a part fails */
  static async up(lab: Lab, options: ClusterOptions & { readonly signal?: AbortSignal } = {}): Promise<LabCluster> {
    const cluster = await LabCluster.create(lab, options);
    for (const placed of cluster.parts()) cluster.start(placed.part, placed.host);
    await cluster.ready(options.signal);
    return cluster;
  }

  /** The first manager's API. */
  get api(): UnixHttp {
    return this.managerApi(this.firstManager);
  }

  /** Path of the first manager's unix socket. */
  get managerSocket(): string {
    return this.api.socketPath;
  }

  /** The API of the manager on this host. */
  managerApi(host: string): UnixHttp {
    const socket = this.layout.sockets[this.layout.managers.indexOf(host)];
    if (socket === undefined) throw new Error(`host ${host} has no manager, only ${this.layout.managers.join(', ')}`);
    return new UnixHttp(socket);
  }

  /** Every program of the cluster, in the order to start them. */
  parts(): PlacedPart[] {
    return partsOf(this.layout);
  }

  /** Starts a part unless it runs. Does not wait until it serves; see `ready`. @param env what more it has in its environment */
  start(part: ClusterPart, host = this.firstManager, env?: Readonly<Record<string, string>>): LabProcess {
    const running = this.process(part, host);
    if (running?.isRunning()) return running;
    return this.lab.host(host).spawn({ part, env, ...commandLine(this.layout, { part, host }, programsFolder()) });
  }

  /** Sends a part a signal; after SIGKILL, which is meant unless told, waits until it is gone. */
  async kill(part: ClusterPart, host = this.firstManager, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.process(part, host);
    if (signal === 'SIGKILL') await process?.kill();
    else process?.signal(signal);
  }

  /** Ends a part in good order. Repeatable. */
  async stop(part: ClusterPart, host = this.firstManager): Promise<void> {
    await this.process(part, host)?.stop();
  }

  /** The process last started as this part, running or not. */
  process(part: ClusterPart, host = this.firstManager): LabProcess | undefined {
    return this.lab.host(host).process(part);
  }

  /** Waits until every manager serves and every host is a ready node. @throws Error after a minute, or when a part ends */
  async ready(signal?: AbortSignal): Promise<void> {
    for (const host of this.layout.managers) {
      const isReady = async () =>
        (await this.managerApi(host).send({ path: '/readyz', timeoutMs: READYZ_TIMEOUT_MS })).status === 200;
      await untilReady(this.started('manager', host), isReady, { timeoutMs: START_TIMEOUT_MS, signal });
    }
    const hosts = this.layout.hosts.map(({ name }) => name);
    const allReady = async () => {
      const ready = (await this.nodes()).filter(({ Status }) => Status?.State === 'ready').map(hostnameOf);
      const missing = hosts.find((host) => !ready.includes(host));
      if (missing !== undefined)
        throw new Error(`${missing} is not. The end of its agent's log:\n${this.started('agent', missing).logTail()}`);
    };
    await eventually(allReady, { timeoutMs: START_TIMEOUT_MS, reason: `${hosts.length} nodes are ready`, signal });
  }

  /** The nodes of the cluster, as the first manager sees them. */
  nodes(): Promise<NodeSummary[]> {
    return this.api.json<NodeSummary[]>({ path: '/nodes', timeoutMs: NODES_TIMEOUT_MS });
  }

  /** What etcdctl prints on a host with a member of etcd. @throws CommandError */
  async etcdctl(host: string, ...args: string[]): Promise<string> {
    return (await this.lab.host(host).exec('etcdctl', [...etcdctlArgs(this.layout, host), ...args])).stdout.trim();
  }

  private get firstManager(): string {
    const [first] = this.layout.managers;
    if (first === undefined) throw new Error('a cluster needs at least one manager');
    return first;
  }

  private started(part: ClusterPart, host: string): LabProcess {
    const process = this.process(part, host);
    if (process === undefined) throw new Error(`${part} on ${host} was never started`);
    return process;
  }
}

function hostnameOf(node: NodeSummary): string {
  return node.Description?.Hostname ?? '';
}

function layOut(lab: Lab, options: ClusterOptions): ClusterLayout {
  const hosts = lab.hosts.filter(({ name, hasDocker }) => options.hosts?.includes(name) ?? hasDocker);
  const managers = options.managers ?? hosts.slice(0, 1).map(({ name }) => name);
  const ownSockets = managers.map((host) => `${lab.runDir}/${host}/manager.sock`);
  return {
    hosts: hosts.map(({ name, address, dataDir, dockerSocket }) => ({ name, address, dataDir, dockerSocket })),
    managers,
    subnet: hosts.some(({ netns }) => netns !== undefined) ? lab.subnet : undefined,
    ports: options.ports ?? USUAL_PORTS,
    etcdQuotaBytes: options.etcdQuotaBytes,
    sockets: options.managerSocket === undefined ? ownSockets : [options.managerSocket, ...ownSockets.slice(1)],
    logLevel: options.logLevel ?? 'info',
    extraArgs: options.extraArgs ?? {},
  };
}

/** The built apps: the processes of a cluster are always the built ones, also when this file runs from its source. */
function programsFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'dist/apps');
}
