import { many, one, type FlagValues } from '../flag';
import { address, hostEntry, searchDomain } from '../values/addresses';
import { fileReference } from '../values/file-reference';
import { genericResource, ulimit } from '../values/limits';
import { label } from '../values/label';
import { mount } from '../values/mount';
import { network } from '../values/network';
import { count } from '../values/numbers';
import { affinity, preference } from '../values/placement';
import { ports } from '../values/port';
import { oneOf, pair, serviceName, text, variable } from '../values/text';
import { flagGroups, type SharedFlags } from './shared-flags';

const SERVICE_FLAGS = {
  name: one(serviceName, 'Name of the service', { unset: 'a random one' }),
  label: many(label, 'Label of the service', { short: 'l' }),
} as const;

const MODE_FLAGS = {
  mode: one(oneOf('replicated', 'global', 'replicated-job', 'global-job'), 'How many tasks there are: a number, or one a node', {
    unset: 'replicated',
  }),
  replicas: one(count, 'Number of tasks', { unset: '1' }),
  maxConcurrent: one(count, 'Tasks of a job that run at a time', { unset: 'as many as --replicas' }),
  constraint: many(
    text('expression', 'node.role==worker'),
    'Only place tasks on nodes for which this holds: KEY==VALUE, KEY!=VALUE, KEY in (A, B), KEY exists, KEY<8 (also <=, >, >=)',
  ),
  affinity: many(affinity, 'Only place tasks beside those of a service, or !=SERVICE away from them; topology=KEY says how near'),
  placementPref: many(preference, 'Spread tasks over the values of a label'),
  replicasMaxPerNode: one(count, 'Most tasks of the service on one node', { unset: '0, no limit' }),
} as const;

const CONTAINER_FLAGS = {
  env: many(variable, 'Environment variable; a name alone takes its value from your shell', { short: 'e' }),
  envFile: many(text('path', 'web.env'), 'File with one environment variable a line'),
  containerLabel: many(pair('tier=front'), 'Label of the containers'),
  group: many(text('group', 'audio'), 'Further group of the user'),
  sysctl: many(pair('net.core.somaxconn=1024'), 'Kernel parameter'),
  ulimit: many(ulimit, 'Limit of the process'),
} as const;

const NETWORK_FLAGS = {
  publish: many(ports, 'Publish a port on every node, in short or long form', { short: 'p' }),
  endpointMode: one(oneOf('vip', 'dnsrr'), 'How the name of the service is resolved', { unset: 'vip' }),
  network: many(network, 'Attach to a network'),
  dns: many(address, 'DNS server'),
  dnsSearch: many(searchDomain, 'DNS search domain'),
  dnsOption: many(text('option', 'ndots:2'), 'DNS option'),
  host: many(hostEntry, "Line for the container's hosts file"),
} as const;

const FILE_FLAGS = {
  mount: many(mount, 'Mount a volume, a folder of the host or a tmpfs'),
  secret: many(fileReference('secret'), 'Secret that the container may read'),
  config: many(fileReference('config'), 'Config that the container may read'),
} as const;

const OWN_RESOURCE_FLAGS = {
  genericResource: many(genericResource, 'Count of a resource that the node must have'),
} as const;

/** The flags of `service create` under the headings that the help gives them. */
export const CREATE_FLAGS = flagGroups({
  service: SERVICE_FLAGS,
  placement: MODE_FLAGS,
  container: CONTAINER_FLAGS,
  network: NETWORK_FLAGS,
  files: FILE_FLAGS,
  resources: OWN_RESOURCE_FLAGS,
});

/** What `service create` was told. */
export type CreateFlags = SharedFlags &
  FlagValues<typeof SERVICE_FLAGS> &
  FlagValues<typeof MODE_FLAGS> &
  FlagValues<typeof CONTAINER_FLAGS> &
  FlagValues<typeof NETWORK_FLAGS> &
  FlagValues<typeof FILE_FLAGS> &
  FlagValues<typeof OWN_RESOURCE_FLAGS>;
