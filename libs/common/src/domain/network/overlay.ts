import type { Network, NetworkSpec, NodeDescription } from '../../proto';
import { formatAddress } from './ip-address';
import type { IpAddress, Ipv4Address, Mac } from './kernel-value';

/** Name of the network that carries connections to published ports, as in Docker. */
export const INGRESS_NETWORK = 'ingress';
/** Docker's own port for VXLAN packets, and IANA's (RFC 7348). */
export const VXLAN_PORT = 4789;
/** Swarm counts its VXLANs from 4097: far above, so that both can be on one host. */
export const FIRST_VXLAN_ID = 0x10001;
/** VXLAN over IPv4: outer Ethernet is not counted; IP 20, UDP 8, VXLAN 8, inner Ethernet 14. */
export const VXLAN_OVERHEAD_BYTES = 50;
/** VXLAN over IPv6 inside WireGuard: IPv6 40, UDP 8, VXLAN 8, inner Ethernet 14. */
export const TUNNELLED_VXLAN_OVERHEAD_BYTES = 70;
/** The same and WireGuard's own, at most 80: outer IPv6 40, UDP 8, its header and tag 32. */
export const ENCRYPTED_VXLAN_OVERHEAD_BYTES = TUNNELLED_VXLAN_OVERHEAD_BYTES + 80;
/** Where nodes take WireGuard's packets. Not its usual 51820, which a host may use for something else. */
export const WIREGUARD_PORT = 51_840;
const USUAL_MTU_BYTES = 1500;
/** The least that every IPv4 network carries (RFC 791), and every IPv6 one (RFC 8200). */
const LEAST_MTU_BYTES = { ipv4: 68, ipv6: 1280 };
/** The kernel's limit for a device, which has to hold the VXLAN's headers as well. */
const MAX_DEVICE_MTU_BYTES = 65_535;

/** Names of the driver options that mean something here; others are kept and ignored, as in Docker. */
export const NETWORK_OPTIONS = {
  encrypted: 'encrypted',
  mtu: 'com.docker.network.driver.mtu',
} as const;

/** On an engine's network: id of the overlay network that it carries on that host. */
export const OVERLAY_LABEL = 'io.swarmctl.network';

const OFF = ['false', '0'];

/** Whether packets between hosts are encrypted: the option is there and does not say no. */
export function isEncrypted(spec: Pick<NetworkSpec, 'options'> | undefined): boolean {
  const option = spec?.options[NETWORK_OPTIONS.encrypted];
  return option !== undefined && !OFF.includes(option.toLowerCase());
}

/** Largest packet inside the network: what the options say, else what fits into usual Ethernet frames between hosts. */
export function mtuOf({ spec }: Pick<Network, 'spec'>): number {
  const chosen = Number(spec?.options[NETWORK_OPTIONS.mtu]);
  if (Number.isInteger(chosen) && chosen > 0) return chosen;
  return USUAL_MTU_BYTES - (isEncrypted(spec) ? ENCRYPTED_VXLAN_OVERHEAD_BYTES : VXLAN_OVERHEAD_BYTES);
}

/** Why the network's MTU cannot be; empty when it can. */
export function mtuProblemOf(spec: Pick<NetworkSpec, 'options' | 'enableIpv6'>): string {
  const text = spec.options[NETWORK_OPTIONS.mtu];
  if (text === undefined || text === '') return '';
  const least = spec.enableIpv6 ? LEAST_MTU_BYTES.ipv6 : LEAST_MTU_BYTES.ipv4;
  const most = MAX_DEVICE_MTU_BYTES - (isEncrypted(spec) ? ENCRYPTED_VXLAN_OVERHEAD_BYTES : VXLAN_OVERHEAD_BYTES);
  const isPossible = /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most;
  return isPossible
    ? ''
    : `${NETWORK_OPTIONS.mtu}: ${JSON.stringify(text.slice(0, 16))} is not a number from ${least} to ${most}`;
}

/**
 * The hardware address that a container has at this address: every node knows it without being told. As Docker's bridge driver makes
 * it from an IPv4 address: 02:42 and its four bytes.
 */
export function macOfAddress(ipv4: Ipv4Address): Mac {
  const bytes = ipv4.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return ['02', '42', ...bytes].join(':') as Mac;
}

/** The hardware address of a node's end of every overlay network: from the address between hosts, which no two nodes share. */
export function macOfNode(address: Ipv4Address): Mac {
  return macOfAddress(address).replace(/^02:42/, '02:5c') as Mac;
}

const NODE_ID_RADIX = 36n;
/** fd53:7761:726d::/48, a private network of our own (RFC 4193) in which every node has an address by its id. */
export const ENCRYPTED_UNDERLAY = { bits: 0xfd53_7761_726dn << 80n, width: 128, prefix: 48 } as const;
/** The same as text. */
export const ENCRYPTED_UNDERLAY_CIDR = `${formatAddress(ENCRYPTED_UNDERLAY.bits, 128)}/${ENCRYPTED_UNDERLAY.prefix}`;

/** The node's address inside WireGuard: the ends of encrypted VXLANs. From its id, so that nobody has to give it out. */
export function encryptedAddressOf(nodeId: string): IpAddress {
  const number = [...nodeId].reduce((sum, digit) => sum * NODE_ID_RADIX + BigInt(parseInt(digit, 36) || 0), 0n);
  return formatAddress(ENCRYPTED_UNDERLAY.bits | (number & ((1n << 80n) - 1n)), 128) as IpAddress;
}

/** Why a node can have no overlay network at all; empty when it can. */
export function overlayProblemOf(description: NodeDescription | undefined): string {
  return description?.networking ? description.networking.overlayProblem : 'its agent tells nothing of networks';
}

/** Why a node can have no encrypted network; empty when it can. */
export function encryptionProblemOf(description: NodeDescription | undefined): string {
  const { overlayProblem = '', encryptionProblem = '', wireguardKey = '' } = description?.networking ?? {};
  if (wireguardKey !== '') return '';
  return overlayProblem || encryptionProblem || 'its agent tells nothing of WireGuard';
}
