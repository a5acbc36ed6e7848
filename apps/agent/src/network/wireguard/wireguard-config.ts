import { encryptedAddressOf, ENCRYPTED_UNDERLAY_CIDR, WIREGUARD_PORT, type IpAddress, type WireguardKey } from '#common/domain';
import type { NetworkState } from '../network-state';
import type { HostIdentity } from '../overlay-link';

/** Characters of the node's id in the device's name, which the kernel limits to 15. */
const ID_LENGTH = 8;
/** Beats no route of the tunnel's; takes over when the tunnel is gone. */
const BLACKHOLE_METRIC = 4_096;

/** Name of the node's tunnel. By its id: several nodes on one machine share the folder of WireGuard's sockets. */
export function tunnelDevice(nodeId: string): string {
  return `swg-${nodeId.slice(0, ID_LENGTH)}`;
}

/**
 * The tunnel's configuration for `wg syncconf`: every other node that can encrypt, with its one address. A key that a node has
 * announced is accepted already, and gets the address once the node uses it.
 */
export function toWireguardConfig(privateKey: string, state: NetworkState, host: HostIdentity): string {
  const sections = encryptingPeers(state, host).flatMap(({ tunnelled, endpoint, key, next }) => [
    ...peerSection(key, endpoint, `${tunnelled}/128`),
    ...(next === '' ? [] : peerSection(next, endpoint)),
  ]);
  return ['[Interface]', `PrivateKey = ${privateKey}`, `ListenPort = ${WIREGUARD_PORT}`, ...sections, ''].join('\n');
}

interface EncryptingPeer {
  /** Its address inside the tunnel. */
  readonly tunnelled: IpAddress;
  readonly endpoint: string;
  readonly key: WireguardKey;
  readonly next: WireguardKey | '';
}

/**
 * A key is one node's, and so is an address inside the tunnel: of two sections with one, the later would take it from the other. A node
 * that has what an earlier one has is left out; a next key that is anybody's already, or somebody's next one, is not accepted yet.
 */
function encryptingPeers(state: NetworkState, host: HostIdentity): EncryptingPeer[] {
  const others = [...state.nodes.values()].filter(({ id, address }) => id !== host.nodeId && address !== '');
  const keys = new Set<string | undefined>([state.nodes.get(host.nodeId)?.networking?.wireguardKey]);
  const addresses = new Set([encryptedAddressOf(host.nodeId)]);
  const peers = others.flatMap(({ id, address, networking }) => {
    const { wireguardKey: key = '', nextWireguardKey: next = '', wireguardPort = 0 } = networking ?? {};
    const tunnelled = encryptedAddressOf(id);
    if (key === '' || keys.has(key) || addresses.has(tunnelled)) return [];
    keys.add(key);
    addresses.add(tunnelled);
    return [{ tunnelled, endpoint: `${address}:${wireguardPort}`, key, next }];
  });
  return peers.map((peer) => {
    if (peer.next === '') return peer;
    if (keys.has(peer.next)) return { ...peer, next: '' };
    keys.add(peer.next);
    return peer;
  });
}

function peerSection(publicKey: WireguardKey, endpoint: string, allowed?: string): string[] {
  return ['[Peer]', `PublicKey = ${publicKey}`, `Endpoint = ${endpoint}`, ...(allowed ? [`AllowedIPs = ${allowed}`] : [])];
}

/** Commands of `ip` that make the tunnel the only way to other nodes' tunnels. */
export function tunnelCommands(device: string, nodeId: string, mtu: number): string[] {
  return [
    `link set ${device} mtu ${mtu} up`,
    `address replace ${encryptedAddressOf(nodeId)}/128 dev ${device}`,
    `route replace ${ENCRYPTED_UNDERLAY_CIDR} dev ${device}`,
    `route replace blackhole ${ENCRYPTED_UNDERLAY_CIDR} metric ${BLACKHOLE_METRIC}`,
  ];
}

/** Commands of `ip` that leave nothing of it. */
export function removalCommands(device: string): string[] {
  return [`link del ${device}`, `route del blackhole ${ENCRYPTED_UNDERLAY_CIDR} metric ${BLACKHOLE_METRIC}`];
}

const TABLE = 'ip6 swarmctl-sealed';

/** Removes the rules of `toSealRules`. */
export const NO_SEAL_RULES = `table ${TABLE}\ndelete table ${TABLE}\n`;

/**
 * Rules by which packets between tunnels' addresses go through the tunnel or not at all, in and out: with the tunnel gone, nothing is
 * sent in clear, and nothing that came in clear is taken for what came through it.
 */
export function toSealRules(device: string): string {
  const hook = (name: string, rule: string): string[] => [
    `  chain ${name} {`,
    `    type filter hook ${name} priority -10;`,
    `    ${rule} drop`,
    '  }',
  ];
  return [
    ...NO_SEAL_RULES.trimEnd().split('\n'),
    `table ${TABLE} {`,
    ...hook('input', `ip6 daddr ${ENCRYPTED_UNDERLAY_CIDR} iifname != "${device}"`),
    ...hook('forward', `ip6 daddr ${ENCRYPTED_UNDERLAY_CIDR}`),
    ...hook('output', `ip6 daddr ${ENCRYPTED_UNDERLAY_CIDR} oifname != "${device}"`),
    '}',
    '',
  ].join('\n');
}
