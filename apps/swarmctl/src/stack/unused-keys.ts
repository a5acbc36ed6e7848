import type { ComposeModel } from '../compose/model';
import { renderPath, type Place } from '../compose/place';
import { isTree, type Tree } from '../compose/tree';

/** Keys that mean something here: `true` with all that is in them, else those in them. `*` stands for any key. */
type UsedKeys = true | { readonly [key: string]: UsedKeys };

const FILE_USE = { source: true, target: true, uid: true, gid: true, mode: true } as const;
const ROLLOUT = {
  parallelism: true,
  delay: true,
  failure_action: true,
  monitor: true,
  max_failure_ratio: true,
  order: true,
} as const;

const DEPLOY: UsedKeys = {
  mode: true,
  endpoint_mode: true,
  replicas: true,
  labels: true,
  update_config: ROLLOUT,
  rollback_config: ROLLOUT,
  resources: {
    limits: { cpus: true, memory: true, pids: true },
    reservations: { cpus: true, memory: true, generic_resources: true },
  },
  restart_policy: true,
  placement: true,
};

const MOUNTS: UsedKeys = {
  '*': {
    type: true,
    source: true,
    target: true,
    read_only: true,
    consistency: true,
    bind: { propagation: true, create_host_path: true, recursive: true },
    volume: true,
    tmpfs: true,
    image: true,
  },
};

/** Keys of a service that mean something to a stack. */
export const SERVICE_KEYS: { readonly [key: string]: UsedKeys } = {
  image: true,
  command: true,
  entrypoint: true,
  environment: true,
  env_file: true,
  labels: true,
  label_file: true,
  extends: true,
  depends_on: true,
  deploy: DEPLOY,
  ports: { '*': { name: true, target: true, published: true, protocol: true, mode: true } },
  volumes: MOUNTS,
  secrets: { '*': FILE_USE },
  configs: { '*': FILE_USE },
  networks: { '*': { aliases: true, driver_opts: true } },
  healthcheck: true,
  logging: true,
  profiles: true,
  ulimits: true,
  sysctls: true,
  extra_hosts: true,
  credential_spec: true,
  tmpfs: true,
  dns: true,
  dns_opt: true,
  dns_search: true,
  cap_add: true,
  cap_drop: true,
  group_add: true,
  security_opt: true,
  hostname: true,
  user: true,
  working_dir: true,
  stop_signal: true,
  stop_grace_period: true,
  init: true,
  tty: true,
  stdin_open: true,
  read_only: true,
  oom_score_adj: true,
  isolation: true,
  platform: true,
  restart: true,
  scale: true,
  cpus: true,
  mem_limit: true,
  mem_reservation: true,
  memswap_limit: true,
  mem_swappiness: true,
  pids_limit: true,
};

/** Why a key of a service means nothing, where that helps. */
const REASONS: Readonly<Record<string, string>> = {
  build: 'images are not built here: build and push the image, and name it in image',
  container_name: 'there may be several tasks of a service, and each has a name of its own',
  develop: 'it is for work on one machine',
  devices: 'tasks get no devices of the host',
  expose: 'services on one network reach all ports of each other',
  external_links: 'services on one network find each other by name',
  links: 'services on one network find each other by name',
  network_mode: 'tasks are on networks, or on that of the host',
  privileged: 'tasks cannot be privileged: name what they need in cap_add',
  pull_policy: 'a node pulls an image that it does not have',
};
const SIDE_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^services\.[^.]+\.ports\[\d+\]\.host_ip$/, 'every node publishes the port on all of its addresses'],
  [/^services\.[^.]+\.networks\.[^.]+\.ipv[46]_address$/, 'addresses are given by the manager'],
];
/** The whole of the host's network, in the words of network_mode. */
const MODES_OF_THE_HOST = ['host', 'bridge'];

function reasonOf(path: string): string {
  const [, key] = /^services\.[^.]+\.([a-z_]+)$/.exec(path) ?? [];
  const reason = key === undefined ? SIDE_REASONS.find(([pattern]) => pattern.test(path))?.[1] : REASONS[key];
  return reason === undefined ? 'means nothing here' : `means nothing here: ${reason}`;
}

/** Values that ask for nothing are not worth a word. */
const asksForNothing = (value: unknown): boolean => value === false || value === null || value === undefined;

function walk(value: unknown, used: UsedKeys, place: Place): string[] {
  if (used === true || asksForNothing(value)) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : isTree(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, item]) => {
    const inside = used[key] ?? used['*'];
    if (inside !== undefined) return walk(item, inside, place.at(key));
    return asksForNothing(item) ? [] : [place.at(key).say(reasonOf(renderPath(place.at(key).path)))];
  });
}

/** A line for each key of the services that means nothing to a stack, naming file, line and key. */
export function unusedKeys({ services }: ComposeModel, place: Place): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const { network_mode: mode, ...others } = service as Tree & { network_mode?: string };
    const isUsed = mode === undefined || MODES_OF_THE_HOST.includes(mode);
    return walk(isUsed ? others : service, SERVICE_KEYS, place.at('services', name));
  });
}
