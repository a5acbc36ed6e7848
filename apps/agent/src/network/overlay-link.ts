import { encryptedAddressOf, INGRESS_NETWORK, isEncrypted, macOfAddress, macOfNode, mtuOf, readSubnet } from '#common/domain';
import type { Network } from '#common/proto';
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
  const others = [...state.nodes.values()].filter(
    ({ id, address }) => id !== host.nodeId && address !== '' && address !== host.address,
  );
  return [...state.networks.values()].flatMap((network) => {
    const tunnelOf = isEncrypted(network.spec)
      ? ({ id }: TunnelEnd): string => encryptedAddressOf(id)
      : ({ address }: TunnelEnd): string => address;
    const peers = others.map(({ id, address }): Peer => {
      return { id, address, tunnel: tunnelOf({ id, address }), mac: macOfNode(address) };
    });
    const localTunnel = tunnelOf({ id: host.nodeId, address: host.address });
    const { subnet = '', gateway = '' } = network.spec?.ipam?.config[0] ?? {};
    return readSubnet(subnet) ? [toLink(network, { subnet, gateway, peers, localTunnel }, state, host)] : [];
  });
}

interface TunnelEnd {
  readonly id: string;
  readonly address: string;
}

interface LinkParts {
  readonly subnet: string;
  readonly gateway: string;
  readonly peers: readonly Peer[];
  readonly localTunnel: string;
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
    const own = addresses.filter((address) => address.networkId === networkId);
    return own.map(({ address }) => ({ address, mac: macOfAddress(address), node: node.address, tunnel: node.tunnel }));
  });
}
