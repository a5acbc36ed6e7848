import { DEFAULT_QUOTA_BYTES } from '#common/store';
import { ETCD_FILES, type EtcdHost } from './etcd-certificates';

/** The programs a cluster is made of. */
export type ClusterPart = 'etcd' | 'manager' | 'agent';

/** A program of the cluster and the host it runs on. */
export interface PlacedPart {
  readonly part: ClusterPart;
  readonly host: string;
}

/** A host, as far as the command lines are concerned. */
export interface ClusterHost {
  readonly name: string;
  readonly address: string;
  readonly dataDir: string;
  readonly dockerSocket: string;
}

/** Ports on every host of a cluster. */
export interface ClusterPorts {
  readonly etcdClients: number;
  readonly etcdPeers: number;
  /** Where managers wait for agents. */
  readonly agents: number;
}

/** A whole cluster: who runs where, as kept on disk. */
export interface ClusterLayout {
  readonly hosts: readonly ClusterHost[];
  /** Names of the hosts with a manager and an etcd member; the first serves `socket`. */
  readonly managers: readonly string[];
  /** The network that agents call from; loopback is always allowed. */
  readonly subnet?: string;
  readonly ports: ClusterPorts;
  /** Size at which etcd refuses writes; unless told, its own default. */
  readonly etcdQuotaBytes?: number;
  /** Unix socket of each manager's API, in the order of `managers`. */
  readonly sockets: readonly string[];
  readonly logLevel: string;
  /** Appended to the command line of every program of that kind. */
  readonly extraArgs: Readonly<Partial<Record<ClusterPart, readonly string[]>>>;
}

/** What to execute. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** The ports when every host has a network of its own: those that people expect. */
export const USUAL_PORTS: ClusterPorts = { etcdClients: 2379, etcdPeers: 2380, agents: 2378 };

const LOOPBACK = '127.0.0.1';

/** Every program of the cluster, in the order to start them. */
export function partsOf({ hosts, managers }: ClusterLayout): PlacedPart[] {
  return [
    ...managers.map((host) => ({ part: 'etcd', host }) as const),
    ...managers.map((host) => ({ part: 'manager', host }) as const),
    ...hosts.map(({ name }) => ({ part: 'agent', host: name }) as const),
  ];
}

/** The hosts that run a member of etcd, each with the folder of its certificates. */
export function etcdHostsOf(layout: ClusterLayout): EtcdHost[] {
  return layout.managers.map((manager) => {
    const { name, address, dataDir } = findHost(layout, manager);
    return { name, address, folder: certificatesOf(dataDir) };
  });
}

/** The command line of one program of the cluster. @param programs folder with the built apps */
export function commandLine(layout: ClusterLayout, { part, host }: PlacedPart, programs: string): CommandLine {
  const place = findHost(layout, host);
  const extra = layout.extraArgs[part] ?? [];
  switch (part) {
    case 'etcd':
      return { command: 'etcd', args: [...etcdArgs(layout, place), ...extra] };
    case 'manager':
      return { command: process.execPath, args: [`${programs}/manager/src/main.js`, ...managerArgs(layout, place), ...extra] };
    case 'agent':
      return { command: process.execPath, args: [`${programs}/agent/src/main.js`, ...agentArgs(layout, place), ...extra] };
  }
}

/** What etcdctl is given to be let in by the member of a host: all that a manager may do. */
export function etcdctlArgs(layout: ClusterLayout, host: string): string[] {
  const { dataDir } = findHost(layout, host);
  return [
    ...['--endpoints', url(LOOPBACK, layout.ports.etcdClients), '--cacert', certificateFile(dataDir, 'clientCa')],
    ...['--cert', certificateFile(dataDir, 'clientCert'), '--key', certificateFile(dataDir, 'clientKey')],
  ];
}

function etcdArgs({ managers, ports, ...layout }: ClusterLayout, { name, address, dataDir }: ClusterHost): string[] {
  const members = managers.map((member) => `${member}=${url(findHost(layout, member).address, ports.etcdPeers)}`);
  const clientAddresses = [...new Set([LOOPBACK, address])];
  return [
    ...['--name', name, '--data-dir', `${dataDir}/etcd`, '--logger', 'zap'],
    ...['--listen-client-urls', clientAddresses.map((each) => url(each, ports.etcdClients)).join(',')],
    ...['--advertise-client-urls', url(address, ports.etcdClients)],
    ...['--listen-peer-urls', url(address, ports.etcdPeers)],
    ...['--initial-advertise-peer-urls', url(address, ports.etcdPeers)],
    ...['--initial-cluster', members.join(',')],
    // Every status of a task is a revision: without this the history fills etcd's quota in weeks.
    ...['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '10m'],
    ...['--quota-backend-bytes', String(layout.etcdQuotaBytes ?? DEFAULT_QUOTA_BYTES)],
    // Managers call gRPC: what else is served beside it is one more way in.
    '--enable-grpc-gateway=false',
    ...tlsArgs(dataDir),
  ];
}

/** Whoever can change etcd is root on every host, so that loopback and the members' own port take certificates only, too. */
function tlsArgs(dataDir: string): string[] {
  const file = (kind: keyof typeof ETCD_FILES): string => certificateFile(dataDir, kind);
  return [
    ...['--client-cert-auth', '--trusted-ca-file', file('clientCa')],
    ...['--cert-file', file('serverCert'), '--key-file', file('serverKey')],
    ...['--peer-client-cert-auth', '--peer-trusted-ca-file', file('peerCa')],
    ...['--peer-cert-file', file('peerCert'), '--peer-key-file', file('peerKey')],
  ];
}

function certificatesOf(dataDir: string): string {
  return `${dataDir}/etcd-certificates`;
}

function certificateFile(dataDir: string, kind: keyof typeof ETCD_FILES): string {
  return `${certificatesOf(dataDir)}/${ETCD_FILES[kind]}`;
}

function managerArgs(layout: ClusterLayout, { name, address, dataDir, dockerSocket }: ClusterHost): string[] {
  const { managers, ports, subnet, sockets } = layout;
  const socket = sockets[managers.indexOf(name)];
  const etcd = nearestFirst(layout, name).map((each) => url(each, ports.etcdClients));
  const listenAddress = address === LOOPBACK ? LOOPBACK : '0.0.0.0';
  return [
    ...['--data-dir', `${dataDir}/manager`, '--etcd', etcd.join(','), '--listen', `unix://${socket}`],
    ...['--etcd-ca-file', certificateFile(dataDir, 'clientCa')],
    ...['--etcd-cert-file', certificateFile(dataDir, 'clientCert'), '--etcd-key-file', certificateFile(dataDir, 'clientKey')],
    ...['--agent-listen', `${listenAddress}:${ports.agents}`, ...(subnet === undefined ? [] : ['--agent-network', subnet])],
    // As the lab's engines have it.
    ...(subnet === undefined ? [] : ['--insecure-registry', subnet]),
    ...['--etcd-quota-bytes', String(layout.etcdQuotaBytes ?? DEFAULT_QUOTA_BYTES)],
    ...['--auto-init', '--engine', dockerSocket, '--advertise-addr', address, '--log-level', layout.logLevel],
  ];
}

function agentArgs(layout: ClusterLayout, { name, address, dataDir, dockerSocket }: ClusterHost): string[] {
  const managers = nearestFirst(layout, name).map((each) => `${each}:${layout.ports.agents}`);
  return [
    ...[
      '--data-dir',
      `${dataDir}/agent`,
      '--runtime-dir',
      `${dataDir}/agent-memory`,
      '--docker',
      `unix://${dockerSocket}`,
      '--manager',
      managers.join(','),
    ],
    ...['--hostname', name, '--advertise-addr', address, '--log-level', layout.logLevel],
  ];
}

/** Addresses of all managers' hosts. The host's own comes first and as loopback, which is how a manager knows its own node. */
function nearestFirst(layout: ClusterLayout, host: string): string[] {
  const others = layout.managers.filter((manager) => manager !== host).map((manager) => findHost(layout, manager).address);
  return layout.managers.includes(host) ? [LOOPBACK, ...others] : others;
}

function findHost({ hosts }: Pick<ClusterLayout, 'hosts'>, name: string): ClusterHost {
  const found = hosts.find((host) => host.name === name);
  if (found === undefined)
    throw new Error(`the cluster has no host "${name}", only ${hosts.map((host) => host.name).join(', ')}`);
  return found;
}

function url(address: string, port: number): string {
  return `https://${address}:${port}`;
}
