import { parseSize } from '../../flags/values/amounts';
import { parsePorts } from '../../flags/values/port';
import type { Place } from '../place';
import { asTree, isTree } from '../tree';
import {
  fields,
  fileMode,
  integer,
  listOf,
  mapOf,
  namesOr,
  nameValues,
  text,
  texts,
  truth,
  whole,
  words,
  type Shape,
} from './shapes';
import { parseShortVolume } from './short-volume';

const dependency: Shape = (value, place) => {
  const { condition = 'service_started', required = true, restart = false } = asTree(value);
  return { condition, required, restart: truth(restart, place.at('restart')) };
};

const envFile: Shape = (value, place) => {
  if (!isTree(value)) return { path: String(value), required: true };
  const { required = true, ...rest } = value;
  return { ...rest, required: truth(required, place.at('required')) };
};

const envFiles: Shape = (value, place) => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item, index) => envFile(item, place.at(index)));
};

const fileUse: Shape = (value, place) => {
  if (!isTree(value)) return { source: String(value) };
  if (value.source === undefined) throw place.error('needs the key source');
  return fields({ uid: text, gid: text, mode: fileMode })(value, place);
};

const size: Shape = (value, place) => (typeof value === 'number' ? value : place.read(String(value), parseSize));

const longVolume = fields({
  read_only: truth,
  bind: fields({ create_host_path: truth }),
  volume: fields({ nocopy: truth, labels: nameValues }),
  tmpfs: fields({ size, mode: fileMode }),
});

const volume: Shape = (value, place) => {
  if (!isTree(value)) return place.read(String(value), parseShortVolume);
  if (typeof value.target !== 'string') throw place.error('needs the key target: the path in the container');
  return longVolume(value, place);
};

/** An address before the ports, in square brackets when it is one of IPv6. */
const HOST_IP = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+)):/;

function shortPorts(given: string, place: Place): unknown[] {
  const [prefix, ip6, ip4] = HOST_IP.exec(given) ?? [''];
  const address = ip6 ?? ip4;
  // An address with a port of the container only: any port of the host.
  const rest = given.slice(prefix.length).replace(/^:/, '');
  return place.read(rest, parsePorts).map(({ targetPort, publishedPort, protocol }) => ({
    target: targetPort,
    ...(publishedPort === 0 ? {} : { published: String(publishedPort) }),
    protocol,
    mode: 'ingress',
    ...(address === undefined ? {} : { host_ip: address }),
  }));
}

const longPort: Shape = (value, place) => {
  const { target, published, ...rest } = asTree(value);
  if (target === undefined) throw place.error('needs the key target: the port of the container');
  return {
    protocol: 'tcp',
    mode: 'ingress',
    ...rest,
    target: whole(target, place.at('target')),
    // Zero and an empty text leave the choice to the manager.
    ...(published === undefined || published === '' || String(published) === '0' ? {} : { published: String(published) }),
  };
};

const ports: Shape = (value, place) => {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((item, index) =>
    isTree(item) ? [longPort(item, place.at(index))] : shortPorts(String(item), place.at(index)),
  );
};

/** One number is the soft and the hard limit. */
const ulimit: Shape = (value, place) => {
  if (!isTree(value)) return { soft: integer(value, place), hard: integer(value, place) };
  return { soft: integer(value.soft, place.at('soft')), hard: integer(value.hard, place.at('hard')) };
};

/** `name:address` or `name=address` in a list, or a map from names to addresses. */
const extraHosts: Shape = (value, place) => {
  if (!Array.isArray(value)) return mapOf(texts)(value, place);
  const hosts: Record<string, string[]> = {};
  value.forEach((item, index) => {
    const [, name, address] = /^([^:=\s]+)[:=](.+)$/.exec(String(item)) ?? [];
    if (name === undefined || address === undefined) throw place.at(index).error('is not of the form name=address');
    hosts[name] = [...(hosts[name] ?? []), address.replace(/^\[(.*)\]$/, '$1')];
  });
  return hosts;
};

const test: Shape = (value) => (Array.isArray(value) ? value.map(String) : ['CMD-SHELL', String(value)]);

const rollout = fields({ parallelism: whole, max_failure_ratio: text });

const genericResource = fields({ discrete_resource_spec: fields({ value: text }) });

const deploy = fields({
  replicas: whole,
  labels: nameValues,
  update_config: rollout,
  rollback_config: rollout,
  resources: fields({
    limits: fields({ cpus: text, memory: text, pids: integer }),
    reservations: fields({ cpus: text, memory: text, generic_resources: listOf(genericResource) }),
  }),
  restart_policy: fields({ max_attempts: whole }),
  placement: fields({ max_replicas_per_node: whole }),
});

const network: Shape = fields({ aliases: texts, driver_opts: nameValues });

const extended: Shape = (value) => (isTree(value) ? value : { service: String(value) });

/** A service: the specification's short forms become long ones. */
export const serviceShape: Shape = fields({
  extends: extended,
  command: words,
  entrypoint: words,
  environment: nameValues,
  env_file: envFiles,
  labels: nameValues,
  label_file: texts,
  depends_on: namesOr(dependency, { condition: 'service_started', required: true, restart: false }),
  deploy: (value, place) => deploy(value ?? {}, place),
  ports,
  volumes: listOf(volume),
  secrets: listOf(fileUse),
  configs: listOf(fileUse),
  networks: namesOr(network, null),
  healthcheck: fields({ disable: truth, test, retries: whole }),
  logging: fields({ options: nameValues }),
  profiles: texts,
  ulimits: mapOf(ulimit),
  sysctls: nameValues,
  extra_hosts: extraHosts,
  tmpfs: texts,
  dns: texts,
  dns_opt: texts,
  dns_search: texts,
  cap_add: texts,
  cap_drop: texts,
  group_add: texts,
  security_opt: texts,
  annotations: nameValues,
  init: truth,
  tty: truth,
  stdin_open: truth,
  read_only: truth,
  privileged: truth,
  oom_score_adj: integer,
  scale: whole,
  cpus: text,
  mem_limit: text,
  mem_reservation: text,
  memswap_limit: text,
  mem_swappiness: text,
  pids_limit: integer,
});
