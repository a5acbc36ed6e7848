import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { nanosToMs, parseDuration, parseIpAddress } from '#common/domain';
import { messageOf } from '#common/errors';
import { LOG_LEVELS, type LogLevel } from '#common/logging';
import { ETCD_USER } from '#common/packet-filter';
import type { GenericResource } from '#common/proto';
import { DEFAULT_MAX_STARTS } from './executor/docker/start-places';
import { addGenericResources } from './generic-resource-flag';
import { INGRESS_MODES, type IngressMode } from './network/describe-networking';
import { DEFAULT_KEY_PERIOD_MS } from './network/wireguard/key-rotation';

/** How an agent is set up. Addresses are `host:port`. */
export interface AgentConfig {
  readonly dataDir: string;
  /** Folder below which secrets are kept in memory while containers use them. */
  readonly runtimeDir: string;
  /** Path of the engine's unix socket. */
  readonly dockerSocket: string;
  readonly managers: readonly string[];
  readonly hostname: string;
  /** Address at which other nodes reach this one. */
  readonly advertiseAddress: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the node offers besides processors and memory. */
  readonly genericResources: readonly GenericResource[];
  readonly logLevel: LogLevel;
  readonly statusListen: string | undefined;
  /** Containers that the engine makes and starts at once. */
  readonly maxStarts: number;
  /** How long a key of encrypted networks is used. */
  readonly keyPeriodMs: number;
  readonly ingressMode: IngressMode;
  /** Users of this host, by name or number, whose processes may reach managers and etcd besides this agent's own. */
  readonly controlPlaneUsers: readonly string[];
}

interface Flags {
  dataDir: string;
  runtimeDir: string;
  docker: string;
  manager: string[];
  hostname: string;
  advertiseAddr: string;
  label: Record<string, string>;
  genericResource: GenericResource[];
  logLevel: LogLevel;
  statusListen?: string;
  maxStarts: number;
  keyPeriod: number;
  ingressMode: IngressMode;
  controlPlaneUser: string[];
}

const ENV_PREFIX = 'SWARMCTL_AGENT_';
const UNIX_SCHEME = 'unix://';
/** Both steps of a change have to fit in, with time for every node to hear of it. */
const MIN_KEY_PERIOD_MS = 10_000;

/**
 * Reads the command line; what it does not say comes from the environment (`SWARMCTL_AGENT_DATA_DIR` for `--data-dir`).
 * Ends the process with a message when something is missing or wrong.
 */
export function readAgentConfig(argv: readonly string[]): AgentConfig {
  const flags = command().parse(argv).opts<Flags>();
  return {
    dataDir: flags.dataDir,
    runtimeDir: flags.runtimeDir,
    dockerSocket: flags.docker,
    managers: flags.manager,
    hostname: flags.hostname,
    advertiseAddress: flags.advertiseAddr,
    labels: flags.label,
    genericResources: flags.genericResource,
    logLevel: flags.logLevel,
    statusListen: flags.statusListen,
    maxStarts: flags.maxStarts,
    keyPeriodMs: flags.keyPeriod,
    ingressMode: flags.ingressMode,
    controlPlaneUsers: flags.controlPlaneUser,
  };
}

function command(): Command {
  return new Command('swarmctl-agent')
    .description("Runs a cluster's tasks on this host's Docker engine.")
    .addOption(option('--data-dir <dir>', 'where the node keeps its id').default('/var/lib/swarmctl-agent'))
    .addOption(
      option('--runtime-dir <dir>', 'where secrets are kept in memory while containers use them').default('/run/swarmctl/agent'),
    )
    .addOption(option('--docker <socket>', "the engine's socket").argParser(parseSocket).default('/var/run/docker.sock'))
    .addOption(
      option('--manager <addresses>', 'managers, as host:port[,host:port…]').argParser(parseAddresses).makeOptionMandatory(),
    )
    .addOption(option('--hostname <name>', 'name of this node').default(hostname()))
    .addOption(
      option('--advertise-addr <address>', 'IP address at which other nodes reach this one')
        .argParser(parseHostAddress)
        .makeOptionMandatory(),
    )
    .addOption(option('--label <key=value>', 'engine label of this node; repeatable').argParser(addLabel).default({}))
    .addOption(
      option('--generic-resource <kind=count|kind=value>', 'what the node offers, such as ssd=2 or gpu=UUID1; repeatable')
        .argParser(parseGenericResources)
        .default([]),
    )
    .addOption(option('--log-level <level>', 'how much to log').choices(LOG_LEVELS).default('info'))
    .addOption(
      option('--status-listen <address>', 'host:port that serves /healthz, /readyz and /metrics').argParser(parseAddress),
    )
    .addOption(option('--max-starts <n>', 'containers started at once').argParser(parseCount).default(DEFAULT_MAX_STARTS))
    .addOption(
      option('--key-period <duration>', 'how long a key of encrypted networks is used, such as 90m')
        .argParser(parsePeriod)
        .default(DEFAULT_KEY_PERIOD_MS, '12h'),
    )
    .addOption(
      option('--ingress-mode <mode>', "with which address callers of another node's published ports come to tasks here")
        .choices(INGRESS_MODES)
        .default('transparent', 'transparent: their own, where the kernel can'),
    )
    .addOption(
      option(
        '--control-plane-user <user>',
        "user of this host, by name or number, whose processes may reach managers and etcd, besides this agent's; repeatable",
      )
        .argParser((text: string, before: string[]) => [...before, text])
        .default([] as string[], `${ETCD_USER}, where there is one`),
    );
}

function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(ENV_PREFIX + made.name().replaceAll('-', '_').toUpperCase());
}

function parseSocket(text: string): string {
  const path = text.startsWith(UNIX_SCHEME) ? text.slice(UNIX_SCHEME.length) : text;
  if (!path.startsWith('/')) throw new InvalidArgumentError('Give a unix socket, as unix:///var/run/docker.sock.');
  return path;
}

function parseHostAddress(text: string): string {
  const address = parseIpAddress(text);
  if (address === undefined) throw new InvalidArgumentError('Give the IP address of this host.');
  return address;
}

function parseAddress(text: string): string {
  const port = Number(/^(?:\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d+)$/.exec(text)?.[1]);
  if (!(port >= 1 && port <= 65_535)) throw new InvalidArgumentError(`"${text}" is not host:port.`);
  return text;
}

function parseAddresses(text: string): string[] {
  return text.split(',').map((address) => parseAddress(address.trim()));
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return count;
}

function parsePeriod(text: string): number {
  let periodMs: number;
  try {
    periodMs = nanosToMs(parseDuration(text));
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
  if (periodMs < MIN_KEY_PERIOD_MS) throw new InvalidArgumentError('Give a duration from 10s.');
  return periodMs;
}

function parseGenericResources(text: string, known: GenericResource[]): GenericResource[] {
  try {
    return addGenericResources(text, known);
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
}

function addLabel(text: string, labels: Record<string, string>): Record<string, string> {
  const [key = '', ...value] = text.split('=');
  if (key === '' || value.length === 0) throw new InvalidArgumentError('Give a label as key=value.');
  return { ...labels, [key]: value.join('=') };
}
