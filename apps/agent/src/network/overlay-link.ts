import {
  encryptedAddressOf,
  INGRESS_NETWORK,
  ingressModeOf,
  isEncrypted,
  isIpv4Address,
  isIpv6,
  macOfAddress,
  macOfNode,
  mtuOf,
  parseInterfaceName,
  parseIpAddress,
  parseIpv4Address,
  parseSubnet,
  type InterfaceName,
  type IpAddress,
  type Ipv4Address,
  type Mac,
  type Subnet,
} from '#common/domain';
import { NodeNetworking_IngressMode, type Network } from '#common/proto';
import type { NetworkState } from './network-state';
import type { KnownNode } from './read-picture';

/** A container address on another node. */
export interface RemoteAddress {
  readonly address: IpAddress;
  readonly mac: Mac;
  /** Address of the node. */
  readonly node: Ipv4Address;
  /** Where the node takes the network's VXLAN packets: the same, or its address inside WireGuard. */
  readonly tunnel: IpAddress;
}

/** Another node's end of a network. */
export interface Peer {
  readonly id: string;
  readonly address: Ipv4Address;
  readonly tunnel: IpAddress;
  /** Hardware address of its bridge. */
  readonly mac: Mac;
  /** As in nodeNumbers. */
  readonly number: number;
  /** It cannot send answers back by the node that was called: callers have to come with that node's address. */
  readonly isMasqueraded: boolean;
}

/** One overlay network as this host is to have it. */
export interface OverlayLink {
  readonly networkId: string;
  readonly name: string;
  readonly isIngress: boolean;
  readonly isInternal: boolean;
  /** Its VXLAN goes through WireGuard. */
  readonly isEncrypted: boolean;
  /** Where this host takes the network's VXLAN packets. */
  readonly localTunnel: IpAddress;
  /** Name of the engine's network. */
  readonly engineName: string;
  readonly bridge: InterfaceName;
  readonly vxlan: InterfaceName;
  readonly vxlanId: number;
  readonly subnet: Subnet;
  readonly gateway: IpAddress;
  /** IPv6 beside it, where the network has it. */
  readonly ipv6?: SubnetWithGateway;
  readonly mtu: number;
  /** Hardware address of this host's bridge. */
  readonly mac: Mac;
  /** This host's, as in nodeNumbers. */
  readonly number: number;
  /** Of this host, as of Peer. */
  readonly isMasqueraded: boolean;
  /** Of every service on the network. */
  readonly virtualAddresses: readonly IpAddress[];
  readonly remotes: readonly RemoteAddress[];
  readonly peers: readonly Peer[];
}

/** Of one kind of addresses. */
interface SubnetWithGateway {
  readonly subnet: Subnet;
  readonly gateway: IpAddress;
}

/** Who the host is. */
export interface HostIdentity {
  readonly nodeId: string;
  /** Address at which other nodes reach it. */
  readonly address: string;
}

const NODE_NUMBERS = 0x1_0000;

/** Each node's number, by id, while there are any: from its address, or the next that is free. Nodes of one network hardly ever share the low 16 bits. */
export function nodeNumbers(nodes: Iterable<{ readonly id: string; readonly address: string }>): Map<string, number> {
  const numbers = new Map<string, number>();
  const taken = new Set<number>();
  for (const { id, address } of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const [, , third = 0, fourth = 0] = address.split('.').map(Number);
    let number = third * 256 + fourth;
    if (taken.size === NODE_NUMBERS) break;
    while (taken.has(number)) number = (number + 1) % NODE_NUMBERS;
    taken.add(number);
    numbers.set(id, number);
  }
  return numbers;
}

/**
 * The networks that the host is to have, by what the managers told. Two never have one device, and a host whose address is not one of
 * IPv4 has none.
 */
export function toOverlayLinks(state: NetworkState, { nodeId, address: given }: HostIdentity): OverlayLink[] {
  const address = parseIpv4Address(given);
  if (address === undefined) return [];
  const others = uniquePeers(state.nodes.values(), { id: nodeId, address });
  const numbers = nodeNumbers(state.nodes.values());
  const ingressOf = ({ id, networking }: Pick<KnownNode, 'id' | 'networking'>): Pick<Peer, 'number' | 'isMasqueraded'> => ({
    number: numbers.get(id) ?? 0,
    isMasqueraded: ingressModeOf(networking) === NodeNetworking_IngressMode.masquerade,
  });
  const own = ingressOf(state.nodes.get(nodeId) ?? { id: nodeId });
  const links = [...state.networks.values()].flatMap((network) => {
    const tunnelOf = isEncrypted(network.spec)
      ? ({ id }: TunnelEnd): IpAddress => encryptedAddressOf(id)
      : (end: TunnelEnd): IpAddress => end.address;
    const peers = others.map((node): Peer => {
      const { id } = node;
      return { id, address: node.address, tunnel: tunnelOf(node), mac: macOfNode(node.address), ...ingressOf(node) };
    });
    const localTunnel = tunnelOf({ id: nodeId, address });
    return toLink(network, { mac: macOfNode(address), peers, localTunnel, ...own }, state) ?? [];
  });
  return firstOfEach(links, ({ bridge }) => bridge);
}

interface TunnelEnd {
  readonly id: string;
  readonly address: Ipv4Address;
}

/** Other nodes that have an address of their own, which the ends of VXLANs are told apart by: of two with one, the first. */
function uniquePeers(nodes: Iterable<KnownNode>, host: TunnelEnd): (KnownNode & TunnelEnd)[] {
  const others = [...nodes].filter(
    (node): node is KnownNode & TunnelEnd => node.id !== host.id && node.address !== '' && node.address !== host.address,
  );
  return firstOfEach(others, ({ address }) => address);
}

function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const firsts = new Map<string, T>();
  for (const item of items) if (!firsts.has(keyOf(item))) firsts.set(keyOf(item), item);
  return [...firsts.values()];
}

type LinkParts = Pick<OverlayLink, 'mac' | 'peers' | 'localTunnel' | 'number' | 'isMasqueraded'>;

/** Name of the network's bridge on every host; undefined for a number that makes no name of a device. */
export function bridgeOf({ vxlanId }: Pick<Network, 'vxlanId'>): InterfaceName | undefined {
  return parseInterfaceName(`sc${vxlanId.toString(16)}`);
}

/** Undefined for a network without what every one has: an IPv4 subnet, and a number for its devices. */
function toLink(network: Network, parts: LinkParts, state: NetworkState): OverlayLink | undefined {
  const { id, spec, vxlanId } = network;
  const isIngress = spec?.ingress ?? false;
  const subnets = (spec?.ipam?.config ?? []).flatMap(subnetWithGateway);
  const ipv4 = subnets.find(({ subnet }) => !isIpv6(subnet));
  const [bridge, vxlan] = [bridgeOf(network), parseInterfaceName(`vx${vxlanId.toString(16)}`)];
  if (ipv4 === undefined || bridge === undefined || vxlan === undefined) return undefined;
  return {
    ...parts,
    ...ipv4,
    ipv6: subnets.find(({ subnet }) => isIpv6(subnet)),
    networkId: id,
    name: spec?.name ?? '',
    isIngress,
    isInternal: spec?.internal ?? false,
    isEncrypted: isEncrypted(spec),
    // Engines take the default route from the network whose name sorts first: answers to callers from outside leave through ingress.
    engineName: `swarmctl-${isIngress ? 0 : 1}-${spec?.name ?? INGRESS_NETWORK}-${id}`,
    bridge,
    vxlan,
    vxlanId,
    mtu: mtuOf(network),
    virtualAddresses: virtualAddressesOn(id, state),
    remotes: remotesOn(id, parts.peers, state),
  };
}

function subnetWithGateway(config: { readonly subnet: string; readonly gateway: string }): SubnetWithGateway[] {
  const [subnet, gateway] = [parseSubnet(config.subnet), parseIpAddress(config.gateway)];
  return subnet === undefined || gateway === undefined ? [] : [{ subnet, gateway }];
}

function virtualAddressesOn(networkId: string, { services }: NetworkState): IpAddress[] {
  const all = [...services.values()].flatMap(({ networks }) => networks.filter((network) => network.networkId === networkId));
  return all.flatMap(({ virtualAddresses }) => virtualAddresses);
}

function remotesOn(networkId: string, peers: readonly Peer[], { endpoints }: NetworkState): RemoteAddress[] {
  const nodes = new Map(peers.map((peer) => [peer.id, peer]));
  return [...endpoints.values()].flatMap(({ nodeId, addresses }) => {
    const node = nodes.get(nodeId);
    if (node === undefined) return [];
    const own = addresses.filter((address) => address.networkId === networkId).map(({ address }) => address);
    // The hardware address is one for both, and follows from the IPv4 address.
    const ipv4 = own.find(isIpv4Address);
    if (ipv4 === undefined) return [];
    const mac = macOfAddress(ipv4);
    return own.map((address) => ({ address, mac, node: node.address, tunnel: node.tunnel }));
  });
}
