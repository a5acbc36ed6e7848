import { randomUUID } from 'node:crypto';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBusyboxArchive, importBusybox } from './busybox-image';
import { Engine } from './engine';
import { removeLab } from './lab-cleanup';
import { LabHost, type HostProcessSpec } from './lab-host';
import {
  labNames,
  machineBridgeAddress,
  planLab,
  planMachineLab,
  REGISTRY_HOST,
  type HostPlan,
  type LabClaim,
  type LabRecord,
} from './lab-plan';
import { claimSlot, isAbandoned, readRecords, saveRecord } from './lab-records';
import { prepareMachineNetwork } from './machine-network';
import { LabNetwork } from './network';
import { currentProcess, type ProcessIdentity } from './process-identity';
import { ProcessTable, type LabProcess } from './process-table';
import { registryAddress, startRegistry } from './image-registry';

/** What every lab is made with. */
export interface LabSettings {
  /** Unique on the machine; small letters, digits and dashes. */
  readonly name: string;
  /** Where its data go: absent or empty now, removed with the lab. Unless told, /var/tmp/swarmctl-lab/NAME. */
  readonly root?: string;
  /** Tags under which each engine gets a busybox image; unless told, `latest` and `2`. */
  readonly imageTags?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A lab of hosts in network namespaces. */
export interface LabOptions extends LabSettings {
  readonly hosts: readonly string[];
  /** Further hosts, without an engine: callers from outside. */
  readonly clients?: readonly string[];
  /** Whether an image registry runs, on a host of its own. */
  readonly registry?: boolean;
  /** Whether the engines are to accept Docker's own swarm mode; their containers then end with their daemon. */
  readonly swarmMode?: boolean;
}

/** A lab whose one host is this machine. */
export interface MachineLabOptions extends LabSettings {
  readonly hostName: string;
  /** Socket of an engine that runs already; otherwise the lab runs one of its own. */
  readonly dockerSocket?: string;
}

const DEFAULT_ROOT = '/var/tmp/swarmctl-lab';
const DEFAULT_IMAGE_TAGS = ['latest', '2'];

/** Several real Docker hosts on one machine. Needs root. */
export class Lab {
  readonly name: string;
  /** Its number on this machine, from which its addresses and all names in the kernel derive. */
  readonly slot: number;
  readonly root: string;
  /** For sockets and whatever else must have a short path; removed with the lab. */
  readonly runDir: string;
  /** The network that all its hosts are on, as `10.77.1.0/24`. */
  readonly subnet: string;
  readonly logsDir: string;
  readonly hosts: readonly LabHost[];
  private readonly network: LabNetwork;
  private readonly processes: ProcessTable;

  private constructor(private readonly record: LabRecord) {
    const { runDir, netnsPrefix, subnet } = labNames(record.slot);
    this.name = record.name;
    this.slot = record.slot;
    this.root = record.root;
    this.runDir = runDir;
    this.subnet = subnet;
    this.logsDir = join(record.root, 'logs');
    this.network = new LabNetwork(netnsPrefix);
    this.processes = new ProcessTable(join(runDir, 'processes'), runDir);
    this.hosts = record.hosts.map((plan) => this.makeHost(plan));
  }

  /**
   * Makes a lab of hosts in namespaces and waits until every engine answers and has its images. Removes abandoned
   * labs first, and its own beginnings when it fails. This program is to remove it, see `down` and `detach`.
   * @throws Error not root, the name or root is taken, or a host did not come up, with the end of its log
   */
  static up(options: LabOptions): Promise<Lab> {
    const { hosts, clients, registry = false, swarmMode } = options;
    return Lab.make(options, (claim) => planLab({ ...claim, hosts, clients, registry, swarmMode }));
  }

  /** The same for a lab whose one host is this machine, which the lab gives an engine unless told of one. */
  static upOnMachine(options: MachineLabOptions): Promise<Lab> {
    const { hostName, dockerSocket } = options;
    return Lab.make(options, (claim) => planMachineLab({ ...claim, hostName, dockerSocket }));
  }

  /** A lab that another program made. @throws Error when there is none of this name */
  static open(name: string): Lab {
    const record = readRecords().find((candidate) => candidate.name === name);
    if (record === undefined) throw new Error(`there is no lab "${name}"; \`npm run lab -- status\` lists those there are`);
    return new Lab(record);
  }

  /** The names of the labs on this machine. */
  static names(): string[] {
    return readRecords().map(({ name }) => name);
  }

  /** Removes the lab of this name, whoever made it and in whatever state it is. Does nothing when there is none. */
  static async cleanup(name: string): Promise<void> {
    for (const record of readRecords().filter((candidate) => candidate.name === name)) await removeLab(record);
  }

  /** Removes every lab whose program ended without doing so. @returns their names */
  static async cleanupAbandoned(): Promise<string[]> {
    const abandoned = readRecords().filter(isAbandoned);
    for (const record of abandoned) await removeLab(record);
    return abandoned.map(({ name }) => name);
  }

  /** The host of this name. @throws Error when the lab has none */
  host(name: string): LabHost {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined)
      throw new Error(`lab ${this.name} has no host "${name}", only ${this.hosts.map((each) => each.name).join(', ')}`);
    return host;
  }

  /** `address:port` of the lab's image registry. @throws Error when it was made without one */
  get registry(): string {
    return registryAddress(this.host(REGISTRY_HOST));
  }

  /** Starts a process on the machine itself, outside of the hosts; it ends with the lab at the latest. */
  spawn({ part, command, args, env }: HostProcessSpec): LabProcess {
    return this.processes.spawn({ name: part, command, args, env, logFile: join(this.logsDir, `${part}.log`) });
  }

  /** The process on the machine itself that was last started as this part, running or not. */
  process(part: string): LabProcess | undefined {
    return this.processes.find(part);
  }

  /** All that was ever started in the lab, by name. */
  listProcesses(): LabProcess[] {
    return this.processes.list();
  }

  /**
   * The program that the lab ends with: it is to remove the lab, and when it crashes any later lab does.
   * `undefined` when the lab stands by itself.
   */
  get owner(): ProcessIdentity | undefined {
    return this.record.owner;
  }

  /** Lets the lab outlive this program: from now on only `down` and `cleanup` remove it. */
  detach(): void {
    saveRecord({ ...this.record, owner: undefined });
  }

  /** Ends and removes everything of the lab. Repeatable. @throws Error naming what could not be removed */
  async down(): Promise<void> {
    await removeLab(this.record);
  }

  private static async make(settings: LabSettings, plan: (claim: LabClaim) => LabRecord): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error('labs are made of network namespaces and Docker engines: run this as root');
    await Lab.cleanupAbandoned();
    const { name, root = join(DEFAULT_ROOT, name) } = settings;
    await requireFree(name, root);
    const lab = new Lab(claimSlot((slot) => ({ ...plan({ id: randomUUID(), slot, name, root }), owner: currentProcess() })));
    try {
      await lab.start(settings);
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  private async start({ imageTags = DEFAULT_IMAGE_TAGS, signal }: LabSettings): Promise<void> {
    await mkdir(this.logsDir, { recursive: true });
    const archive = buildBusyboxArchive();
    await this.createNetwork();
    const starting = this.hosts.map(async (host) => {
      if (host.name === REGISTRY_HOST) return startRegistry(host, signal);
      if (!host.hasOwnEngine) return undefined;
      await host.startEngine(signal);
      for (const tag of imageTags) {
        await importBusybox(host.docker, await archive, tag).catch((error: Error) => {
          throw new Error(`${error.message}. The end of its log:\n${host.process('dockerd')?.logTail()}`, { cause: error });
        });
      }
      return undefined;
    });
    await allSettledOrThrow([...starting, archive]);
    signal?.throwIfAborted();
  }

  private async createNetwork(): Promise<void> {
    const isolated = this.record.hosts.filter((plan) => plan.isolated);
    if (isolated.length > 0) await this.network.createSwitch();
    for (const plan of isolated) await this.network.addHost(plan);
    for (const { engine } of this.record.hosts) {
      if (engine?.bridge === undefined) continue;
      await prepareMachineNetwork({
        bridge: engine.bridge,
        address: machineBridgeAddress(this.record.slot),
        runDir: this.runDir,
      });
    }
    for (const { dataDir, engine } of this.record.hosts) {
      await mkdir(dataDir, { recursive: true });
      if (engine !== undefined) await symlink(join(engine.runDir, 'docker.sock'), join(dataDir, 'docker.sock'));
    }
  }

  private makeHost(plan: HostPlan): LabHost {
    const { processes, logsDir } = this;
    const network = plan.isolated ? this.network : undefined;
    const home = { host: plan.name, netns: network?.netns(plan.name), logsDir, processes };
    return new LabHost(plan, { processes, logsDir, network, engine: plan.engine && new Engine(plan.engine, home) });
  }
}

async function requireFree(name: string, root: string): Promise<void> {
  if (Lab.names().includes(name))
    throw new Error(`a lab "${name}" is up already; remove it with \`npm run lab -- down --lab ${name}\``);
  const found = await readdir(root).catch(() => []);
  if (found.length > 0)
    throw new Error(`${root} is not empty, and a lab removes its folder when it goes down; name another or empty it`);
}

/** Waits for all, so that nothing is still being made when the caller cleans up; then throws the first failure. */
async function allSettledOrThrow(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
