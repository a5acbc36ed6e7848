import { many, one, toggle, type FlagTable, type FlagValues } from '../flag';
import { cpus, memory, swap, swappiness } from '../values/amounts';
import { capability } from '../values/capability';
import { credentialSource } from '../values/credential-spec';
import { duration, healthDuration } from '../values/duration';
import { count, integer, ratio } from '../values/numbers';
import { shellWords } from '../values/shell-words';
import { absolutePath, oneOf, pair, text } from '../values/text';

const MAX_OOM_SCORE = 1000;
const MAX_RETRIES = 1_000_000;

// Flags that mean the same to `service create` and `service update`.
const PROCESS_FLAGS = {
  entrypoint: one(shellWords, "Run this instead of the image's entrypoint"),
  workdir: one(absolutePath, 'Working directory inside the container', { short: 'w' }),
  user: one(text('user', '1000:1000'), 'User name or id, and group: <name|uid>[:<group|gid>]', { short: 'u' }),
  hostname: one(text('name', 'web-{{.Task.Slot}}'), 'Host name inside the container; may be a template'),
  tty: toggle('Give the container a pseudo-terminal', { short: 't' }),
  init: toggle('Run a small init as process 1 that forwards signals and reaps processes'),
  readOnly: toggle("Mount the container's root file system read-only"),
  stopSignal: one(text('signal', 'SIGTERM'), 'Signal that asks the container to stop', { unset: "the image's, or SIGTERM" }),
  stopGracePeriod: one(duration, 'How long a container may take to stop before it is killed', { unset: '10s' }),
  oomScoreAdj: one(integer(-MAX_OOM_SCORE, MAX_OOM_SCORE, '500'), "Tune the host's out-of-memory killer, -1000 to 1000"),
  isolation: one(text('mode', 'default'), 'Isolation mode of the container (Windows)'),
  credentialSpec: one(credentialSource, 'Credential spec of a managed service account (Windows)'),
} as const;

const CAPABILITY_FLAGS = {
  capAdd: many(capability, 'Add a Linux capability (update: RESET forgets those added before)'),
  capDrop: many(capability, 'Drop a Linux capability (update: RESET forgets those dropped before)'),
} as const;

const RESOURCE_FLAGS = {
  limitCpu: one(cpus, 'Most CPU that a task may use'),
  limitMemory: one(memory, 'Most memory that a task may use'),
  limitPids: one(count, 'Most processes that a task may have', { unset: '0, no limit' }),
  reserveCpu: one(cpus, 'CPU that a node must have free to get a task'),
  reserveMemory: one(memory, 'Memory that a node must have free to get a task'),
  memorySwap: one(swap, 'Swap that a task may use beside its memory, -1 for no limit'),
  memorySwappiness: one(swappiness, "How readily a task's memory is swapped out, 0 to 100, or -1 for the host's own"),
} as const;

const HEALTH_FLAGS = {
  healthCmd: one(text('command', '"curl -f http://localhost/"'), 'Command that succeeds while the container is healthy'),
  healthInterval: one(healthDuration, 'Time between two checks'),
  healthTimeout: one(healthDuration, 'Longest time that a check may take'),
  healthRetries: one(integer(0, MAX_RETRIES, '3'), 'Failed checks in a row that make a container unhealthy'),
  healthStartPeriod: one(healthDuration, 'Time after the start in which failed checks do not count'),
  healthStartInterval: one(healthDuration, 'Time between two checks during the start period'),
  noHealthcheck: toggle("Do without the image's health check"),
} as const;

const RESTART_FLAGS = {
  restartCondition: one(oneOf('none', 'on-failure', 'any'), 'When a task that ended is replaced', { unset: 'any' }),
  restartDelay: one(duration, 'Time between the end of a task and the start of its replacement', {
    unset: '1s, growing to 5m while it keeps failing; 5s with another --restart-* flag',
  }),
  restartMaxAttempts: one(count, 'How often a task is replaced before giving up', { unset: '0, no limit' }),
  restartWindow: one(duration, 'Time over which replacements are counted', { unset: '0s, since ever' }),
} as const;

const UPDATE_FLAGS = {
  updateParallelism: one(count, 'Tasks updated at a time; 0 for all at once', { unset: '1' }),
  updateDelay: one(duration, 'Time between two batches', { unset: '0s' }),
  updateMonitor: one(duration, 'How long a new task is watched for failure, and how long swarmctl waits for stability', {
    unset: '5s',
  }),
  updateFailureAction: one(oneOf('pause', 'continue', 'rollback'), 'What to do when too many tasks fail', { unset: 'pause' }),
  updateMaxFailureRatio: one(ratio, 'Share of tasks that may fail', { unset: '0' }),
  updateOrder: one(oneOf('stop-first', 'start-first'), 'Which comes first, the end of the old task or the start of the new', {
    unset: 'stop-first',
  }),
} as const;

const DEADLINE_FLAGS = {
  updateProgressDeadline: one(
    duration,
    'How long a new task may take until it runs; later it counts as failed (label swarmctl.progress-deadline)',
    { unset: '10m' },
  ),
} as const;

const BALANCE_FLAGS = {
  rebalance: toggle('Spread tasks evenly again by itself when nodes come or come back (label swarmctl.rebalance)'),
} as const;

const ROLLBACK_FLAGS = {
  rollbackParallelism: one(count, 'Tasks rolled back at a time; 0 for all at once', { unset: '1' }),
  rollbackDelay: one(duration, 'Time between two batches', { unset: '0s' }),
  rollbackMonitor: one(duration, 'How long a task is watched for failure', { unset: '5s' }),
  rollbackFailureAction: one(oneOf('pause', 'continue'), 'What to do when too many tasks fail', { unset: 'pause' }),
  rollbackMaxFailureRatio: one(ratio, 'Share of tasks that may fail', { unset: '0' }),
  rollbackOrder: one(oneOf('stop-first', 'start-first'), 'Which comes first, the end of one task or the start of the other', {
    unset: 'stop-first',
  }),
} as const;

const LOG_FLAGS = {
  logDriver: one(text('name', 'json-file'), 'Log driver', { unset: "the node's own" }),
  logOpt: many(pair('max-size=10m'), 'Option of the log driver'),
} as const;

const IMAGE_FLAGS = {
  noResolveImage: toggle('Do not ask the registry for the digest and the platforms of the image'),
  withRegistryAuth: toggle('Send the credentials for the registry to the nodes'),
} as const;

/** Flags of everything that waits for a service. */
export const WAIT_FLAGS = {
  detach: toggle('Return at once instead of waiting until the service runs as wanted', { short: 'd' }),
  quiet: toggle('Wait without showing progress', { short: 'q' }),
  timeout: one(duration, 'Give up waiting after this time, with exit code 124; the service goes on', { unset: 'no limit' }),
} as const;

/** The flags that only one of the two verbs has, by what they are about. */
export interface OwnFlags {
  readonly service: FlagTable;
  readonly placement: FlagTable;
  readonly container: FlagTable;
  readonly network: FlagTable;
  readonly files: FlagTable;
  readonly resources: FlagTable;
}

/** All flags of a verb under the headings that its help gives them. */
export function flagGroups(own: OwnFlags): Readonly<Record<string, FlagTable>> {
  return {
    Service: own.service,
    'Tasks and placement': { ...own.placement, ...BALANCE_FLAGS },
    Waiting: WAIT_FLAGS,
    Image: IMAGE_FLAGS,
    Process: { ...PROCESS_FLAGS, ...own.container, ...CAPABILITY_FLAGS },
    'Network and names': own.network,
    'Mounts, secrets and configs': own.files,
    Resources: { ...RESOURCE_FLAGS, ...own.resources },
    'Health check': HEALTH_FLAGS,
    Restart: RESTART_FLAGS,
    'Rolling update': { ...UPDATE_FLAGS, ...DEADLINE_FLAGS },
    Rollback: ROLLBACK_FLAGS,
    Logging: LOG_FLAGS,
  };
}

export type ProcessFlags = FlagValues<typeof PROCESS_FLAGS>;
export type CapabilityFlags = FlagValues<typeof CAPABILITY_FLAGS>;
export type ResourceFlags = FlagValues<typeof RESOURCE_FLAGS>;
export type HealthFlags = FlagValues<typeof HEALTH_FLAGS>;
export type RestartFlags = FlagValues<typeof RESTART_FLAGS>;
export type UpdatePolicyFlags = FlagValues<typeof UPDATE_FLAGS>;
export type ServiceOptionFlags = FlagValues<typeof DEADLINE_FLAGS> & FlagValues<typeof BALANCE_FLAGS>;
export type RollbackPolicyFlags = FlagValues<typeof ROLLBACK_FLAGS>;
export type LogFlags = FlagValues<typeof LOG_FLAGS>;
export type ImageFlags = FlagValues<typeof IMAGE_FLAGS>;
export type WaitFlags = FlagValues<typeof WAIT_FLAGS>;

/** Everything that both verbs take. */
export type SharedFlags = ProcessFlags &
  CapabilityFlags &
  ResourceFlags &
  HealthFlags &
  RestartFlags &
  UpdatePolicyFlags &
  ServiceOptionFlags &
  RollbackPolicyFlags &
  LogFlags &
  ImageFlags &
  WaitFlags;
