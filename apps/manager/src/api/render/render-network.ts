import { isTerminal, observedState, type PredefinedNetwork, withoutPrefix } from '#common/domain';
import type { Network, Node, Service, Task } from '#common/proto';
import { nonEmpty, ZERO_TIME, type JsonObject } from './json-parts';

const SCOPE = 'swarm';

/** What `verbose` adds to a network: who is on it. */
export interface NetworkMembers {
  services: readonly Service[];
  /** Tasks on the network, ended ones included. */
  tasks: readonly Task[];
  nodes: readonly Node[];
}

/** Docker's JSON of a network. */
export function networkJson({ id, createdAt, spec }: Network): JsonObject {
  const { ipam } = spec ?? {};
  return {
    Name: spec?.name ?? '',
    Id: id,
    Created: createdAt || ZERO_TIME,
    Scope: SCOPE,
    Driver: spec?.driver ?? '',
    EnableIPv6: spec?.enableIpv6 ?? false,
    IPAM: {
      Driver: ipam?.driver || 'default',
      Options: Object.keys(ipam?.options ?? {}).length > 0 ? ipam?.options : null,
      Config: (ipam?.config ?? []).map(({ subnet, ipRange, gateway, auxiliaryAddresses }) => ({
        Subnet: subnet,
        IPRange: ipRange || undefined,
        Gateway: gateway,
        AuxiliaryAddresses: Object.keys(auxiliaryAddresses).length > 0 ? auxiliaryAddresses : undefined,
      })),
    },
    Internal: spec?.internal ?? false,
    Attachable: spec?.attachable ?? false,
    Ingress: spec?.ingress ?? false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: null,
    Options: spec?.options ?? {},
    Labels: Object.keys(spec?.labels ?? {}).length > 0 ? spec?.labels : null,
  };
}

/** Nodes that cannot have the network, or not as a whole, and why; undefined while there are none. */
export function networkProblems(id: string, nodes: readonly Node[]): JsonObject[] | undefined {
  const problems = nodes.flatMap((node) => {
    const own = node.description?.networking?.problems.filter(({ networkId }) => networkId === id) ?? [];
    return own.map(({ problem }) => ({ Node: node.id, Hostname: node.description?.hostname ?? '', Problem: problem }));
  });
  return problems.length > 0 ? problems : undefined;
}

/** As networkJson, with the peers and services (`verbose=true`). */
export function verboseNetworkJson(network: Network, { services, tasks, nodes }: NetworkMembers): JsonObject {
  const live = tasks.filter((task) => task.nodeId !== '' && !isTerminal(observedState(task)));
  const used = new Set(live.map(({ nodeId }) => nodeId));
  const hosts = new Map(nodes.map((node) => [node.id, node]));
  const peers = nodes.filter(({ id }) => used.has(id)).map(({ id, status }) => ({ Name: id, IP: status?.addr ?? '' }));
  const entries = services.flatMap((service): [string, JsonObject][] => {
    const own = live.filter(({ serviceId }) => serviceId === service.id);
    return own.length === 0 ? [] : [[service.spec?.name ?? service.id, memberJson(network.id, service, own, hosts)]];
  });
  return { ...networkJson(network), Peers: nonEmpty(peers), Services: Object.fromEntries(entries) };
}

function memberJson(networkId: string, service: Service, tasks: readonly Task[], hosts: ReadonlyMap<string, Node>): JsonObject {
  const vip = service.endpoint?.virtualIps.find((each) => each.networkId === networkId);
  return {
    VIP: withoutPrefix(vip?.addr ?? ''),
    Ports: (service.endpoint?.ports ?? []).map(
      ({ targetPort, publishedPort }) => `Target: ${targetPort}, Publish: ${publishedPort}`,
    ),
    LocalLBIndex: 0,
    Tasks: tasks.map((task) => ({
      Name: `${task.serviceName}.${task.slot || task.nodeId}.${task.id}`,
      EndpointID: task.id,
      EndpointIP: withoutPrefix(task.networksAttachments.find(({ network }) => network?.id === networkId)?.addresses[0] ?? ''),
      Info: { 'Host IP': hosts.get(task.nodeId)?.status?.addr ?? '' },
    })),
  };
}

/** Docker's JSON of a network that every engine has. */
export function predefinedNetworkJson({ name, driver }: PredefinedNetwork): JsonObject {
  return {
    Name: name,
    Id: name,
    Created: ZERO_TIME,
    Scope: SCOPE,
    Driver: driver,
    EnableIPv6: false,
    IPAM: { Driver: '', Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: null,
    Options: null,
    Labels: { 'com.docker.swarm.predefined': 'true' },
  };
}
