import type {
  EndpointAddress,
  OverlayEndpoint,
  OverlayNode,
  OverlayService,
  PublishedPort,
  ServiceNetwork,
} from '#common/dispatcher-proto';
import {
  holdsAddress,
  isIpv6,
  isPort,
  mtuProblemOf,
  parseInterfaceName,
  parseIpAddress,
  parseIpv4Address,
  parseSubnet,
  parseWireguardKey,
  protocolOf,
  readIpNetwork,
  type InterfaceName,
  type IpAddress,
  type Ipv4Address,
  type WireguardKey,
} from '#common/domain';
import type { IpamConfig, Network, NodeNetworking } from '#common/proto';

/** A node whose values have been read: see kernel-value.ts. */
export interface KnownNode extends OverlayNode {
  /** Empty for one that overlay networks cannot reach. */
  readonly address: Ipv4Address | '';
  readonly networking?: KnownNetworking | undefined;
}

export interface KnownNetworking extends NodeNetworking {
  /** Empty for a node that cannot encrypt. */
  readonly wireguardKey: WireguardKey | '';
  readonly nextWireguardKey: WireguardKey | '';
}

export interface KnownService extends OverlayService {
  readonly networks: KnownServiceNetwork[];
  readonly ports: KnownPort[];
}

export interface KnownServiceNetwork extends ServiceNetwork {
  readonly virtualAddresses: IpAddress[];
}

export interface KnownPort extends PublishedPort {
  readonly boundTo: (Ipv4Address | InterfaceName)[];
}

export interface KnownEndpoint extends OverlayEndpoint {
  readonly addresses: KnownAddress[];
  readonly nameservers: IpAddress[];
}

export interface KnownAddress extends EndpointAddress {
  readonly address: IpAddress;
}

/** What could be read of an entry; nothing when it is of no use without the rest. */
export interface Reading<T> {
  readonly value?: T;
  /** Why something of it, or all of it, is left out; empty when nothing is. */
  readonly problem: string;
}

/** Ids are parts of names of devices and tables, and of addresses. */
const ID = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;
const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;
/** What is asked for by DNS: no more than that can carry, and no control character. */
const DNS_NAME = /^[^\x00-\x20\x7f-\xa0]{1,253}$/;
/** The header of VXLANs has 24 bits for it. */
const MAX_VXLAN_ID = 0xff_ffff;
const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const HIGHEST_PROXY_VERSION = 2;
const MOST_QUOTED = 64;

export function readNode(node: OverlayNode): Reading<KnownNode> {
  if (!ID.test(node.id)) return { problem: `id: ${quoted(node.id)} is no node id` };
  const address = parseIpv4Address(node.address) ?? '';
  const problems = [node.address !== '' && address === '' && `address: ${quoted(node.address)} is no IPv4 address`];
  const { networking } = node;
  if (!networking) return { value: { ...node, address, networking: undefined }, problem: first(problems) };
  const key = parseWireguardKey(networking.wireguardKey) ?? '';
  const next = parseWireguardKey(networking.nextWireguardKey) ?? '';
  const isPossible = key !== '' && isPort(networking.wireguardPort);
  problems.push(
    networking.wireguardKey !== '' && key === '' && `wireguardKey: ${quoted(networking.wireguardKey)} is no key`,
    networking.nextWireguardKey !== '' && next === '' && `nextWireguardKey: ${quoted(networking.nextWireguardKey)} is no key`,
    key !== '' && !isPossible && `wireguardPort: ${networking.wireguardPort} is no port`,
  );
  const keys = { wireguardKey: isPossible ? key : '', nextWireguardKey: isPossible ? next : '' } as const;
  return { value: { ...node, address, networking: { ...networking, ...keys } }, problem: first(problems) };
}

/** A network is there as a whole, or not at all. */
export function readNetwork(network: Network): Reading<Network> {
  const { id, spec, vxlanId } = network;
  if (!ID.test(id)) return { problem: `id: ${quoted(id)} is no id` };
  if (!spec) return { problem: 'it has no spec' };
  if (!NETWORK_NAME.test(spec.name)) return { problem: `name: ${quoted(spec.name)} is no name of a network` };
  if (!Number.isInteger(vxlanId) || vxlanId < 1 || vxlanId > MAX_VXLAN_ID)
    return { problem: `vxlanId: ${vxlanId} is not between 1 and ${MAX_VXLAN_ID}` };
  const mtuProblem = mtuProblemOf(spec);
  if (mtuProblem) return { problem: mtuProblem };
  const config: IpamConfig[] = [];
  for (const given of spec.ipam?.config ?? []) {
    const subnet = parseSubnet(given.subnet);
    if (subnet === undefined) return { problem: `subnet: ${quoted(given.subnet)} is no network` };
    const gateway = parseIpAddress(given.gateway);
    const range = readIpNetwork(subnet);
    if (gateway === undefined || !range || !holdsAddress(range, gateway))
      return { problem: `gateway: ${quoted(given.gateway)} is no address of ${subnet}` };
    config.push({ ...given, subnet, gateway });
  }
  if (config.every(({ subnet }) => isIpv6(subnet))) return { problem: 'it has no IPv4 subnet' };
  return { value: { ...network, spec: { ...spec, ipam: { driver: '', options: {}, ...spec.ipam, config } } }, problem: '' };
}

export function readService(service: OverlayService): Reading<KnownService> {
  if (!ID.test(service.id)) return { problem: `id: ${quoted(service.id)} is no id` };
  if (service.name !== '' && !DNS_NAME.test(service.name)) return { problem: `name: ${quoted(service.name)} is no name` };
  const problems: string[] = [];
  const ports = service.ports.flatMap((port) => collected(readPort(port), problems));
  const networks = service.networks.map((network) => ({
    ...network,
    aliases: network.aliases.filter((alias) => DNS_NAME.test(alias)),
    virtualAddresses: network.virtualAddresses.flatMap((address) => collected(readAddress(address), problems)),
  }));
  return { value: { ...service, ports, networks }, problem: first(problems) };
}

export function readEndpoint(endpoint: OverlayEndpoint): Reading<KnownEndpoint> {
  if (!ID.test(endpoint.taskId)) return { problem: `taskId: ${quoted(endpoint.taskId)} is no id` };
  if (endpoint.name !== '' && !DNS_NAME.test(endpoint.name)) return { problem: `name: ${quoted(endpoint.name)} is no name` };
  const problems: string[] = [];
  const addresses = endpoint.addresses.flatMap(({ networkId, address }) =>
    collected(readAddress(address), problems).map((known) => ({ networkId, address: known })),
  );
  const nameservers = endpoint.nameservers.flatMap((address) => collected(readAddress(address), problems));
  const names = endpoint.names.filter((name) => DNS_NAME.test(name));
  return { value: { ...endpoint, addresses, nameservers, names }, problem: first(problems) };
}

/** A port that is bound to something unreadable is left out as a whole: without the limit it would be open to more callers. */
function readPort({ port, boundTo, proxyProtocol }: PublishedPort): Reading<KnownPort> {
  if (!port) return { problem: 'ports: one is empty' };
  const { publishedPort, targetPort } = port;
  const protocol = protocolOf(port);
  if (!PROTOCOLS.includes(protocol)) return { problem: `ports: ${quoted(protocol)} is no protocol` };
  if (!isPort(publishedPort) || !isPort(targetPort)) return { problem: `ports: ${publishedPort} to ${targetPort} are no ports` };
  if (proxyProtocol > HIGHEST_PROXY_VERSION) return { problem: `ports: ${proxyProtocol} is no version of the PROXY protocol` };
  const places: (Ipv4Address | InterfaceName)[] = [];
  for (const text of boundTo) {
    const place = parseIpv4Address(text) ?? parseInterfaceName(text);
    if (place === undefined) return { problem: `ports: ${quoted(text)} is neither an IPv4 address nor an interface` };
    places.push(place);
  }
  return { value: { port: { ...port, protocol }, boundTo: places, proxyProtocol }, problem: '' };
}

function readAddress(text: string): Reading<IpAddress> {
  const value = parseIpAddress(text);
  return value === undefined ? { problem: `address: ${quoted(text)} is no address` } : { value, problem: '' };
}

function collected<T>({ value, problem }: Reading<T>, problems: string[]): T[] {
  if (problem !== '') problems.push(problem);
  return value === undefined ? [] : [value];
}

function first(problems: readonly (string | false)[]): string {
  return problems.find((problem) => problem !== false && problem !== '') || '';
}

/** For logs: on one line, and not endless. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MOST_QUOTED));
}
