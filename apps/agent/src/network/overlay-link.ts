import {
  encryptedAddressOf,
  INGRESS_NETWORK,
  ingressModeOf,
  isEncrypted,
  isIpv6,
  macOfAddress,
  macOfNode,
  mtuOf,
  readSubnet,
} from '#common/domain';
import type { OverlayNode } from '#common/dispatcher-proto';
import { NodeNetworking_IngressMode, type Network } from '#common/proto';
import type { Ipv6Subnet } from '../executor/overlay-engine';
import type { NetworkState } from './network-state';

/** A container address on another node. */
export interface RemoteAddress {
  readonly address: string;
  readonly mac: string;
  /** Address of the node. */
  readonly node: string;
  /** Where the node takes the network's VXLAN packets: the same, or its address inside WireGuard. */
  readonly tunnel: string;
}

/** Another node's end of a network. */
export interface Peer {
  readonly id: string;
  readonly address: string;
  readonly tunnel: string;
  /** Hardware address of its bridge. */
  readonly mac: string;
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
  readonly localTunnel: string;
  /** Name of the engine's network. */
  readonly engineName: string;
  readonly bridge: string;
  readonly vxlan: string;
  readonly vxlanId: number;
  readonly subnet: string;
  readonly gateway: string;
  /** IPv6 beside it, where the network has it. */
  readonly ipv6?: Ipv6Subnet;
  readonly mtu: number;
  /** Hardware address of this host's bridge. */
  readonly mac: string;
  /** This host's, as in nodeNumbers. */
  readonly number: number;
  /** Of this host, as of Peer. */
  readonly isMasqueraded: boolean;
  /** Of every service on the network. */
  readonly virtualAddresses: readonly string[];
  readonly remotes: readonly RemoteAddress[];
  readonly peers: readonly Peer[];
}

/** Who the host is. */
export interface HostIdentity {
  readonly nodeId: string;
  /** Address at which other nodes reach it. */
  readonly address: string;
}

const NODE_NUMBERS = 0x1_0000;

/** Each node's number, by id: from its address, or the next that is free. Nodes of one network hardly ever share the low 16 bits. */
export function nodeNumbers(nodes: Iterable<TunnelEnd>): Map<string, number> {
  const numbers = new Map<string, number>();
  const taken = new Set<number>();
  for (const { id, address } of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const [, , third = 0, fourth = 0] = address.split('.').map(Number);
    let number = third * 256 + fourth;
    while (taken.has(number)) number = (number + 1) % NODE_NUMBERS;
    taken.add(number);
    numbers.set(id, number);
  }
  return numbers;
}

/** The networks that the host is to have, by what the managers told. */
export function toOverlayLinks(state: NetworkState, host: HostIdentity): OverlayLink[] {
  const others = [...state.nodes.values()].filter(
    ({ id, address }) => id !== host.nodeId && address !== '' && address !== host.address,
  );
  const numbers = nodeNumbers(state.nodes.values());
  const ingressOf = ({ id, networking }: Pick<OverlayNode, 'id' | 'networking'>): Pick<Peer, 'number' | 'isMasqueraded'> => ({
    number: numbers.get(id) ?? 0,
    isMasqueraded: ingressModeOf(networking) === NodeNetworking_IngressMode.masquerade,
  });
  const own = ingressOf(state.nodes.get(host.nodeId) ?? { id: host.nodeId });
  return [...state.networks.values()].flatMap((network) => {
    const tunnelOf = isEncrypted(network.spec)
      ? ({ id }: TunnelEnd): string => encryptedAddressOf(id)
      : ({ address }: TunnelEnd): string => address;
    const peers = others.map((node): Peer => {
      const { id, address } = node;
      return { id, address, tunnel: tunnelOf(node), mac: macOfNode(address), ...ingressOf(node) };
    });
    const localTunnel = tunnelOf({ id: host.nodeId, address: host.address });
    const configs = (network.spec?.ipam?.config ?? []).filter(({ subnet }) => readSubnet(subnet));
    const ipv4 = configs.find(({ subnet }) => !isIpv6(subnet));
    const ipv6 = configs.find(({ subnet }) => isIpv6(subnet));
    if (!ipv4) return [];
    return [toLink(network, { subnet: ipv4.subnet, gateway: ipv4.gateway, ipv6, peers, localTunnel, ...own }, state, host)];
  });
}

interface TunnelEnd {
  readonly id: string;
  readonly address: string;
}

interface LinkParts {
  readonly subnet: string;
  readonly gateway: string;
  readonly ipv6: Ipv6Subnet | undefined;
  readonly peers: readonly Peer[];
  readonly localTunnel: string;
  readonly number: number;
  readonly isMasqueraded: boolean;
}

function toLink(network: Network, parts: LinkParts, state: NetworkState, host: HostIdentity): OverlayLink {
  const { id, spec, vxlanId } = network;
  const suffix = vxlanId.toString(16);
  const isIngress = spec?.ingress ?? false;
  return {
    ...parts,
    networkId: id,
    name: spec?.name ?? '',
    isIngress,
    isInternal: spec?.internal ?? false,
    isEncrypted: isEncrypted(spec),
    // Engines take the default route from the network whose name sorts first: answers to callers from outside leave through ingress.
    engineName: `swarmctl-${isIngress ? 0 : 1}-${spec?.name ?? INGRESS_NETWORK}-${id}`,
    bridge: `sc${suffix}`,
    vxlan: `vx${suffix}`,
    vxlanId,
    mtu: mtuOf(network),
    mac: macOfNode(host.address),
    virtualAddresses: virtualAddressesOn(id, state),
    remotes: remotesOn(id, parts.peers, state),
  };
}

function virtualAddressesOn(networkId: string, { services }: NetworkState): string[] {
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
    const mac = macOfAddress(own.find((address) => !isIpv6(address)) ?? '');
    return own.map((address) => ({ address, mac, node: node.address, tunnel: node.tunnel }));
  });
}
