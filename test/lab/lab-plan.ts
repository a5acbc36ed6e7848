import type { EngineSettings } from './engine-config';
import type { ProcessIdentity } from './process-identity';

/** Below it every lab has a folder named by its number: records, sockets, what must have a short path. */
export const RUN_ROOT = '/run/swarmctl-lab';
/** Labs live side by side; the number is the third part of their addresses. */
export const MAX_LABS = 250;
/** The host that carries the lab's image registry, when it has one. */
export const REGISTRY_HOST = 'registry';
export const REGISTRY_PORT = 5000;

/** A host's name is also that of a network device (15 bytes) and part of file names. */
const HOST_NAME = /^[a-z][a-z0-9-]{0,14}$/;
const LAB_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const REGISTRY_OCTET = 10;
const FIRST_HOST_OCTET = 11;
const LAST_HOST_OCTET = 250;

/** One host of a lab, as laid out before anything of it exists. */
export interface HostPlan {
  readonly name: string;
  readonly address: string;
  /** Whether it has a network of its own; otherwise it is the machine itself. */
  readonly isolated: boolean;
  readonly dataDir: string;
  /** Unix socket of its Docker engine; absent when the host has none. */
  readonly dockerSocket?: string;
  /** The engine that the lab runs for it; absent when the host has none, or one that is not the lab's. */
  readonly engine?: EngineSettings;
}

/** All that is needed to use or to remove a lab, as kept on disk. */
export interface LabRecord {
  /** Tells it from every other lab, also from a later one of the same number or name. */
  readonly id: string;
  readonly slot: number;
  readonly name: string;
  readonly root: string;
  readonly hosts: readonly HostPlan[];
  /** The program whose end makes the lab abandoned; absent when the lab is to outlive it. */
  readonly owner?: ProcessIdentity;
}

/** What a lab of this number is called in the kernel and on disk. */
export function labNames(slot: number) {
  return {
    runDir: `${RUN_ROOT}/${slot}`,
    netnsPrefix: `swl${slot}-`,
    cgroup: `/swl${slot}`,
    bridge: `swl${slot}br0`,
    subnet: `10.77.${slot}.0/24`,
  };
}

/** What a lab is told from others by, and where its data go. */
export interface LabClaim {
  readonly id: string;
  readonly slot: number;
  readonly name: string;
  readonly root: string;
}

/** Which hosts a lab is to have. */
export interface LabRequest extends LabClaim {
  readonly hosts: readonly string[];
  /** Hosts without an engine, from which the others are called. */
  readonly clients?: readonly string[];
  readonly registry: boolean;
  readonly swarmMode?: boolean;
}

/** Lays out a lab of hosts in namespaces. @throws Error for names that do not fit or are taken twice, or too many hosts */
export function planLab({ hosts, clients = [], registry, swarmMode = false, ...claim }: LabRequest): LabRecord {
  const { slot, name, root } = claim;
  requireNames(name, [...hosts, ...clients]);
  const { runDir, cgroup, subnet } = labNames(slot);
  const dockerHosts = hosts.map((host, index): HostPlan => {
    const octet = FIRST_HOST_OCTET + index;
    const [hostRun, dataDir] = [`${runDir}/${host}`, `${root}/hosts/${host}`];
    const engine = {
      runDir: hostRun,
      dataDir,
      cgroupParent: `${cgroup}/${host}`,
      // In a namespace of its own it may be any; its own octet makes addresses in logs tell the host.
      bridgeAddress: `172.17.${octet}.1/24`,
      insecureRegistries: [subnet],
      ...(swarmMode && { swarmMode }),
    };
    return {
      name: host,
      address: addressIn(slot, octet),
      isolated: true,
      dataDir,
      dockerSocket: `${hostRun}/docker.sock`,
      engine,
    };
  });
  const withoutEngine = (host: string, octet: number): HostPlan => ({
    name: host,
    address: addressIn(slot, octet),
    isolated: true,
    dataDir: `${root}/hosts/${host}`,
  });
  const clientHosts = clients.map((client, index) => withoutEngine(client, FIRST_HOST_OCTET + hosts.length + index));
  const registryHosts = registry ? [withoutEngine(REGISTRY_HOST, REGISTRY_OCTET)] : [];
  return { ...claim, hosts: [...dockerHosts, ...clientHosts, ...registryHosts] };
}

/** Which engine the one host of a machine lab has: one that runs already, or else one of the lab's own. */
export interface MachineLabRequest extends LabClaim {
  readonly hostName: string;
  readonly dockerSocket?: string;
}

/** Lays out a lab whose one host is the machine itself, with no network of its own. */
export function planMachineLab({ hostName, dockerSocket, ...claim }: MachineLabRequest): LabRecord {
  const { slot, name, root } = claim;
  requireNames(name, []);
  const { runDir, cgroup, bridge } = labNames(slot);
  const hostRun = `${runDir}/machine`;
  const place = { name: hostName, address: '127.0.0.1', isolated: false, dataDir: root };
  if (dockerSocket !== undefined) return { ...claim, hosts: [{ ...place, dockerSocket }] };
  // A bridge of its own, since another engine's docker0 on this machine must keep its address.
  const engine = { runDir: hostRun, dataDir: `${root}/engine`, cgroupParent: `${cgroup}/machine`, bridge };
  return { ...claim, hosts: [{ ...place, dockerSocket: `${hostRun}/docker.sock`, engine }] };
}

/** The address of the machine lab's own bridge, which must differ between labs. */
export function machineBridgeAddress(slot: number): string {
  return `${addressIn(slot, 1)}/24`;
}

function addressIn(slot: number, octet: number): string {
  return `10.77.${slot}.${octet}`;
}

function requireNames(name: string, hosts: readonly string[]): void {
  if (!LAB_NAME.test(name)) throw new Error(`lab name "${name}" does not fit: use small letters, digits and dashes, at most 63`);
  const bad = hosts.find((host) => !HOST_NAME.test(host) || host === REGISTRY_HOST);
  if (bad !== undefined)
    throw new Error(
      `host name "${bad}" does not fit: a small letter, then letters, digits and dashes, at most 15, not "${REGISTRY_HOST}"`,
    );
  if (new Set(hosts).size < hosts.length) throw new Error(`host names must differ: ${hosts.join(', ')}`);
  const mostHosts = LAST_HOST_OCTET - FIRST_HOST_OCTET + 1;
  if (hosts.length > mostHosts) throw new Error(`a lab has room for ${mostHosts} hosts, not ${hosts.length}`);
}
