import { encryptedAddressOf, ENCRYPTED_UNDERLAY_CIDR, WIREGUARD_PORT, type WireguardKey } from '#common/domain';
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
  const peers = [...state.nodes.values()].filter(({ id, address }) => id !== host.nodeId && address !== '');
  // A key is one node's: whoever names it after that is left out.
  const keys = new Set<string>();
  const sections = peers.flatMap(({ id, address, networking }) => {
    const { wireguardKey = '', nextWireguardKey = '', wireguardPort = 0 } = networking ?? {};
    if (wireguardKey === '' || keys.has(wireguardKey)) return [];
    keys.add(wireguardKey);
    const endpoint = `${address}:${wireguardPort}`;
    return [
      peerSection(wireguardKey, endpoint, `${encryptedAddressOf(id)}/128`),
      ...(nextWireguardKey === '' ? [] : [peerSection(nextWireguardKey, endpoint)]),
    ];
  });
  return ['[Interface]', `PrivateKey = ${privateKey}`, `ListenPort = ${WIREGUARD_PORT}`, ...sections.flat(), ''].join('\n');
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
