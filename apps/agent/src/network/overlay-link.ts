import { INGRESS_NETWORK, macOfAddress, macOfNode, mtuOf, readSubnet } from '#common/domain';
import type { Network } from '#common/proto';
import type { NetworkState } from './network-state';

/** A container address on another node. */
export interface RemoteAddress {
  readonly address: string;
  readonly mac: string;
  /** Address of the node. */
  readonly node: string;
}

/** Another node's end of a network. */
export interface Peer {
  readonly id: string;
  readonly address: string;
  /** Hardware address of its bridge. */
  readonly mac: string;
}

/** One overlay network as this host is to have it. */
export interface OverlayLink {
  readonly networkId: string;
  readonly name: string;
  readonly isIngress: boolean;
  readonly isInternal: boolean;
  /** Name of the engine's network. */
  readonly engineName: string;
  readonly bridge: string;
  readonly vxlan: string;
  readonly vxlanId: number;
  readonly subnet: string;
  readonly gateway: string;
  readonly mtu: number;
  /** Hardware address of this host's bridge. */
  readonly mac: string;
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

/** The networks that the host is to have, by what the managers told. */
export function toOverlayLinks(state: NetworkState, host: HostIdentity): OverlayLink[] {
  const peers = [...state.nodes.values()]
    .filter(({ id, address }) => id !== host.nodeId && address !== '' && address !== host.address)
    .map(({ id, address }): Peer => ({ id, address, mac: macOfNode(address) }));
  return [...state.networks.values()].flatMap((network) => {
    const { subnet = '', gateway = '' } = network.spec?.ipam?.config[0] ?? {};
    return readSubnet(subnet) ? [toLink(network, { subnet, gateway, peers }, state, host)] : [];
  });
}

interface LinkParts {
  readonly subnet: string;
  readonly gateway: string;
  readonly peers: readonly Peer[];
}

function toLink(network: Network, { subnet, gateway, peers }: LinkParts, state: NetworkState, host: HostIdentity): OverlayLink {
  const { id, spec, vxlanId } = network;
  const suffix = vxlanId.toString(16);
  const isIngress = spec?.ingress ?? false;
  return {
    networkId: id,
    name: spec?.name ?? '',
    isIngress,
    isInternal: spec?.internal ?? false,
    // Engines take the default route from the network whose name sorts first: answers to callers from outside leave through ingress.
    engineName: `swarmctl-${isIngress ? 0 : 1}-${spec?.name ?? INGRESS_NETWORK}-${id}`,
    bridge: `sc${suffix}`,
    vxlan: `vx${suffix}`,
    vxlanId,
    subnet,
    gateway,
    mtu: mtuOf(network),
    mac: macOfNode(host.address),
    virtualAddresses: virtualAddressesOn(id, state),
    remotes: remotesOn(id, peers, state),
    peers,
  };
}

function virtualAddressesOn(networkId: string, { services }: NetworkState): string[] {
  const all = [...services.values()].flatMap(({ networks }) => networks.filter((network) => network.networkId === networkId));
  return all.flatMap(({ virtualAddresses }) => virtualAddresses);
}

function remotesOn(networkId: string, peers: readonly Peer[], { endpoints }: NetworkState): RemoteAddress[] {
  const nodes = new Map(peers.map(({ id, address }) => [id, address]));
  return [...endpoints.values()].flatMap(({ nodeId, addresses }) => {
    const node = nodes.get(nodeId);
    const own = node === undefined ? [] : addresses.filter((address) => address.networkId === networkId);
    return own.map(({ address }) => ({ address, mac: macOfAddress(address), node: node ?? '' }));
  });
}
