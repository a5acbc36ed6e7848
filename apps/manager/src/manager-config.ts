import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_SUBNET_POOL, nextSubnet, readSubnet, type SubnetPool } from '#common/domain';
import { messageOf } from '#common/errors';
import { LOG_LEVELS, type LogLevel } from '#common/logging';
import { ETCD_USER, readHostPort, writeHostPort, type ControlPlace } from '#common/packet-filter';
import { DEFAULT_QUOTA_BYTES, type EtcdTls } from '#common/store';
import { readEtcdCredentials, type EtcdCredentialFiles } from './membership/etcd-credentials';
import { requireHost, requireOrigin, type CallerRules } from './api/http/tcp-callers';

const [DEFAULT_BASE = ''] = DEFAULT_SUBNET_POOL.bases;

/** Below that an empty cluster would be full. */
const LEAST_QUOTA_BYTES = 4 * 1024 * 1024;
const UNIX_SCHEME = 'unix://';
/** URLs leave them out. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** What the operator may set; each flag has an environment variable of the same name (SWARMCTL_MANAGER_…). */
export interface ManagerConfig {
  dataDir: string;
  etcd: string[];
  /** What etcd is reached with; undefined where it asks for nothing. */
  etcdTls: EtcdTls | undefined;
  etcdPrefix: string;
  /** etcd's own `--quota-backend-bytes`: it tells nobody. */
  etcdQuotaBytes: number;
  listen: string[];
  /** Group of the API's unix socket, by name or number; undefined for `docker`, where there is one. */
  socketGroup?: string;
  /** host or host:port that requests over TCP may name besides this manager's own addresses and names. */
  allowedHost: string[];
  /** Origins of web pages that may use the API over TCP. */
  allowedOrigin: string[];
  agentListen: string;
  agentNetwork: string[];
  /** Users of this host, by name or number, whose processes may reach managers and etcd besides this manager's own. */
  controlPlaneUser: string[];
  advertiseAddr: string;
  /** Path of the unix socket of this host's own engine, to which everything goes that is not about the swarm. */
  engine: string;
  insecureRegistry: string[];
  /** Where the subnets of networks come from that name none. */
  subnetPool: SubnetPool;
  hostname: string;
  /** Whether a cluster is made where there has never been one, unasked. */
  autoInit: boolean;
  heartbeatPeriodMs: number;
  logLevel: LogLevel;
}

/** @param argv as in `process.argv`. Exits with a text that names the flag when one is wrong. */
export function readConfig(argv: readonly string[]): ManagerConfig {
  const command = new Command('swarmctl-manager')
    .description('Keeps desired service state in etcd, schedules tasks, serves the Docker Engine API and the agents.')
    .addOption(flag('--data-dir <dir>', 'where this manager keeps its identity', 'DATA_DIR').default('/var/lib/swarmctl/manager'))
    .addOption(
      flag('--listen <address>', 'API address: unix:///path or tcp://host:port (repeatable)', 'LISTEN')
        .argParser(collect)
        .default([] as string[]),
    )
    .addOption(
      flag('--advertise-addr <ip>', 'address at which agents on other hosts reach this manager', 'ADVERTISE_ADDR')
        .argParser((text) => text.replace(/^\[(.*)\]$/, '$1'))
        .default('127.0.0.1'),
    )
    .addOption(
      flag(
        '--insecure-registry <registry>',
        'host[:port] or network of registries that are asked without TLS, besides those on loopback (repeatable)',
        'INSECURE_REGISTRY',
      )
        .argParser(collect)
        .default([] as string[]),
    )
    .addOption(flag('--hostname <name>', 'name of this host', 'HOSTNAME').default(hostname()))
    .addOption(flag('--log-level <level>', 'least severe level to log', 'LOG_LEVEL').choices(LOG_LEVELS).default('info'))
    .allowExcessArguments(false);
  addAutoInitFlags(command);
  addAgentFlags(command);
  addSocketGroupFlag(command);
  addCallerFlags(command);
  addHostFlags(command);
  addPoolFlags(command);
  addEtcdFlags(command);
  const options = command
    .parse(argv as string[])
    .opts<Omit<ManagerConfig, 'subnetPool' | 'etcdTls'> & PoolFlags & EtcdCredentialFiles>();
  const listen = options.listen.length > 0 ? options.listen : ['unix:///run/swarmctl/manager.sock'];
  return {
    ...options,
    autoInit: options.autoInit === true,
    listen,
    subnetPool: toSubnetPool(options, command),
    etcdTls: toEtcdTls(options, command),
  };
}

function addEtcdFlags(command: Command): void {
  command
    .addOption(flag('--etcd <urls>', 'etcd members, comma separated', 'ETCD').argParser(list).default(['http://127.0.0.1:2379']))
    .addOption(flag('--etcd-prefix <prefix>', 'where the cluster lives in etcd', 'ETCD_PREFIX').default('/swarmctl/'))
    .addOption(flag('--etcd-ca-file <path>', "authorities that sign for etcd's members (PEM)", 'ETCD_CA_FILE'))
    .addOption(flag('--etcd-cert-file <path>', 'certificate that this manager shows etcd (PEM)', 'ETCD_CERT_FILE'))
    .addOption(flag('--etcd-key-file <path>', 'key of that certificate (PEM)', 'ETCD_KEY_FILE'))
    .addOption(
      flag('--etcd-quota-bytes <bytes>', 'the --quota-backend-bytes that etcd was started with', 'ETCD_QUOTA_BYTES')
        .argParser(quota)
        .default(DEFAULT_QUOTA_BYTES),
    );
}

function toEtcdTls(options: EtcdCredentialFiles & { etcd: readonly string[] }, command: Command): EtcdTls | undefined {
  try {
    return readEtcdCredentials(options, options.etcd);
  } catch (error) {
    return command.error(`error: ${messageOf(error)}`);
  }
}

function addAutoInitFlags(command: Command): void {
  command.addOption(
    flag('--auto-init', 'make a cluster at once where there has never been one, instead of waiting for swarm init', 'AUTO_INIT'),
  );
  command.addOption(new Option('--no-auto-init', 'wait for swarm init'));
}

function addAgentFlags(command: Command): void {
  command
    .addOption(
      flag(
        '--heartbeat-period-ms <ms>',
        "time between an agent's heartbeats; a node is down after 3 missed",
        'HEARTBEAT_PERIOD_MS',
      )
        .argParser(positive)
        .default(1000),
    )
    .addOption(flag('--agent-listen <host:port>', 'where agents connect', 'AGENT_LISTEN').default('0.0.0.0:2378'))
    .addOption(
      flag('--agent-network <cidr>', 'network that agents may connect from besides loopback (repeatable)', 'AGENT_NETWORK')
        .argParser(collect)
        .default([] as string[]),
    );
}

function addSocketGroupFlag(command: Command): void {
  command.addOption(
    flag(
      '--socket-group <group>',
      "group of the API's unix socket: root on the cluster (default: docker, where it exists)",
      'SOCKET_GROUP',
    ),
  );
}

function addCallerFlags(command: Command): void {
  command
    .addOption(
      flag(
        '--allowed-host <host[:port]>',
        "Host that API requests over TCP may name, besides this manager's own (repeatable)",
        'ALLOWED_HOST',
      )
        .argParser((text: string, before: string[]) => [...before, ...list(text).map(accepted(requireHost))])
        .default([] as string[]),
    )
    .addOption(
      flag('--allowed-origin <origin>', 'origin of web pages that may use the API over TCP (repeatable)', 'ALLOWED_ORIGIN')
        .argParser((text: string, before: string[]) => [...before, ...list(text).map(accepted(requireOrigin))])
        .default([] as string[]),
    );
}

/** Has a flag's value refused as commander wants it. */
function accepted(read: (text: string) => string): (text: string) => string {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

function addHostFlags(command: Command): void {
  command.addOption(
    flag(
      '--control-plane-user <user>',
      "user of this host, by name or number, whose processes may reach managers and etcd, besides this manager's (repeatable)",
      'CONTROL_PLANE_USER',
    )
      .argParser(collect)
      .default([] as string[], `${ETCD_USER}, where there is one`),
  );
  command.addOption(
    flag('--engine <socket>', "this host's own Docker engine, which answers all that is not about the swarm", 'ENGINE')
      .argParser((text) => text.replace(UNIX_SCHEME, ''))
      .default('/var/run/docker.sock'),
  );
}

function addPoolFlags(command: Command): void {
  command
    .addOption(
      flag('--default-addr-pool <cidr>', 'where the subnets of networks come from that name none', 'DEFAULT_ADDR_POOL')
        .argParser(cidr)
        .default(DEFAULT_BASE),
    )
    .addOption(
      flag('--default-addr-pool-mask-length <bits>', 'how large those subnets are', 'DEFAULT_ADDR_POOL_MASK_LENGTH')
        .argParser(prefixLength)
        .default(DEFAULT_SUBNET_POOL.prefix),
    );
}

function toSubnetPool(options: PoolFlags, command: Command): SubnetPool {
  const { defaultAddrPool: base, defaultAddrPoolMaskLength: prefix } = options;
  const subnetPool = { bases: [base], prefix };
  if (nextSubnet(subnetPool, []) === undefined) {
    command.error(`error: --default-addr-pool-mask-length ${prefix}: no such subnet fits into --default-addr-pool ${base}`);
  }
  return subnetPool;
}

interface PoolFlags {
  defaultAddrPool: string;
  defaultAddrPoolMaskLength: number;
}

function prefixLength(text: string): number {
  const bits = Number(text);
  if (Number.isInteger(bits) && bits >= 1 && bits <= 29) return bits;
  throw new InvalidArgumentError('It must be a number of bits from 1 to 29.');
}

function cidr(text: string): string {
  if (readSubnet(text)?.width === 32) return text;
  throw new InvalidArgumentError(`"${text}" is no IPv4 network, such as ${DEFAULT_BASE}.`);
}

/** host:port at which agents on other hosts reach this manager: what it announces, and what `/info` names. */
export function agentAddressOf({ advertiseAddr: host, agentListen }: ManagerConfig): string {
  return writeHostPort({ host, port: Number(agentListen.slice(agentListen.lastIndexOf(':') + 1)) });
}

/** Whose requests over TCP are let in. */
export function callersOf({ allowedHost, allowedOrigin, advertiseAddr, hostname: name }: ManagerConfig): CallerRules {
  return {
    hosts: [advertiseAddr.includes(':') ? `[${advertiseAddr}]` : advertiseAddr, name, ...allowedHost],
    origins: allowedOrigin,
  };
}

/** Everything of the control plane that this manager knows of from its command line: containers may not go there. */
export function controlPlacesOf(config: ManagerConfig): ControlPlace[] {
  const apis = config.listen.filter((address) => address.startsWith('tcp://')).flatMap(hostPortOf);
  const agents = [config.agentListen, agentAddressOf(config)].flatMap((text) => readHostPort(text) ?? []);
  const etcd = config.etcd.flatMap(hostPortOf);
  return [
    ...[...agents, ...etcd].map((place) => ({ ...place, isOpenToUsers: false, isGuarded: true })),
    ...apis.map((place) => ({ ...place, isOpenToUsers: true, isGuarded: true })),
  ];
}

function hostPortOf(url: string): Pick<ControlPlace, 'host' | 'port'>[] {
  if (!URL.canParse(url)) return [];
  const { hostname: host, port, protocol } = new URL(url);
  return [readHostPort(`${host}:${port || DEFAULT_PORTS[protocol]}`) ?? []].flat();
}

function flag(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(`SWARMCTL_MANAGER_${variable}`);
}

function list(text: string): string[] {
  return text.split(',').filter(Boolean);
}

function collect(text: string, before: string[]): string[] {
  return [...before, text];
}

/** As etcd takes it: 0 for its own default. */
function quota(text: string): number {
  const bytes = Number(text);
  if (!Number.isInteger(bytes) || (bytes !== 0 && bytes < LEAST_QUOTA_BYTES)) {
    throw new InvalidArgumentError(`It must be a whole number of at least ${LEAST_QUOTA_BYTES} bytes, or 0 for etcd's default.`);
  }
  return bytes === 0 ? DEFAULT_QUOTA_BYTES : bytes;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100) throw new InvalidArgumentError('It must be a whole number of at least 100.');
  return value;
}
