import { many, one, toggle, type FlagValues } from '../flag';
import { address, hostEntry, hostToRemove, searchDomain } from '../values/addresses';
import { fileReference } from '../values/file-reference';
import { genericResource, ulimit } from '../values/limits';
import { label } from '../values/label';
import { mount } from '../values/mount';
import { network } from '../values/network';
import { count } from '../values/numbers';
import { affinity, preference } from '../values/placement';
import { ports } from '../values/port';
import { shellWords } from '../values/shell-words';
import { oneOf, pair, text, variable } from '../values/text';
import { flagGroups, type SharedFlags } from './shared-flags';

const WHAT_FLAGS = {
  image: one(text('image', 'nginx:1.27'), 'New image'),
  args: one(shellWords, "New words after the image's entrypoint"),
  force: toggle('Replace every task even when nothing else changes'),
  rollback: toggle('Go back to the spec before the last update; takes no other flag that changes the service'),
  labelAdd: many(label, 'Set a label of the service'),
  labelRm: many(text('name', 'team'), 'Remove a label of the service'),
} as const;

const MODE_FLAGS = {
  replicas: one(count, 'Number of tasks'),
  maxConcurrent: one(count, 'Tasks of a job that run at a time'),
  constraintAdd: many(text('expression', 'node.role==worker'), 'Add a placement constraint'),
  constraintRm: many(text('expression', 'node.role==worker'), 'Remove a placement constraint, written as it was given'),
  affinityAdd: many(affinity, 'Place tasks beside those of a service, or !=SERVICE away from them; topology=KEY says how near'),
  affinityRm: many(affinity, 'Remove an affinity, written as it was given'),
  placementPrefAdd: many(preference, 'Spread tasks over the values of one more label'),
  placementPrefRm: many(preference, 'Do not spread over this label any more'),
  replicasMaxPerNode: one(count, 'Most tasks of the service on one node; 0 for no limit'),
} as const;

const CONTAINER_FLAGS = {
  envAdd: many(variable, 'Set an environment variable'),
  envRm: many(text('name', 'LOG_LEVEL'), 'Remove an environment variable'),
  containerLabelAdd: many(pair('tier=front'), 'Set a label of the containers'),
  containerLabelRm: many(text('name', 'tier'), 'Remove a label of the containers'),
  groupAdd: many(text('group', 'audio'), 'Add a group of the user'),
  groupRm: many(text('group', 'audio'), 'Remove a group of the user'),
  sysctlAdd: many(pair('net.core.somaxconn=1024'), 'Set a kernel parameter'),
  sysctlRm: many(text('name', 'net.core.somaxconn'), 'Remove a kernel parameter'),
  ulimitAdd: many(ulimit, 'Set a limit of the process'),
  ulimitRm: many(text('name', 'nofile'), 'Remove a limit of the process'),
} as const;

const NETWORK_FLAGS = {
  publishAdd: many(ports, 'Publish a port'),
  publishRm: many(ports, 'Stop publishing a port, by its port in the container'),
  endpointMode: one(oneOf('vip', 'dnsrr'), 'How the name of the service is resolved'),
  networkAdd: many(network, 'Attach to a network'),
  networkRm: many(text('network', 'backend'), 'Detach from a network'),
  dnsAdd: many(address, 'Add a DNS server'),
  dnsRm: many(text('ip', '1.1.1.1'), 'Remove a DNS server'),
  dnsSearchAdd: many(searchDomain, 'Add a DNS search domain'),
  dnsSearchRm: many(text('domain', 'example.com'), 'Remove a DNS search domain'),
  dnsOptionAdd: many(text('option', 'ndots:2'), 'Add a DNS option'),
  dnsOptionRm: many(text('option', 'ndots:2'), 'Remove a DNS option'),
  hostAdd: many(hostEntry, "Add a line to the container's hosts file"),
  hostRm: many(hostToRemove, "Remove a name from the container's hosts file, on one address or on all"),
} as const;

const FILE_FLAGS = {
  mountAdd: many(mount, 'Add a mount, or replace the one at the same path'),
  mountRm: many(text('path', '/data'), 'Remove a mount by its path in the container'),
  secretAdd: many(fileReference('secret'), 'Add a secret'),
  secretRm: many(text('secret', 'password'), 'Remove a secret'),
  configAdd: many(fileReference('config'), 'Add a config'),
  configRm: many(text('config', 'nginx.conf'), 'Remove a config'),
} as const;

const OWN_RESOURCE_FLAGS = {
  genericResourceAdd: many(genericResource, 'Set the count of a resource that the node must have'),
  genericResourceRm: many(text('kind', 'gpu'), 'Remove such a resource'),
} as const;

/** The flags of `service update` under the headings that the help gives them. */
export const UPDATE_SERVICE_FLAGS = flagGroups({
  service: WHAT_FLAGS,
  placement: MODE_FLAGS,
  container: CONTAINER_FLAGS,
  network: NETWORK_FLAGS,
  files: FILE_FLAGS,
  resources: OWN_RESOURCE_FLAGS,
});

/** What `service update` was told. */
export type UpdateFlags = SharedFlags &
  FlagValues<typeof WHAT_FLAGS> &
  FlagValues<typeof MODE_FLAGS> &
  FlagValues<typeof CONTAINER_FLAGS> &
  FlagValues<typeof NETWORK_FLAGS> &
  FlagValues<typeof FILE_FLAGS> &
  FlagValues<typeof OWN_RESOURCE_FLAGS>;
