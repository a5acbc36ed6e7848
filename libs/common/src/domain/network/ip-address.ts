import { IPV6_GROUPS, readIpNetwork, type IpNetwork } from '../placement/ip-network';

/** A subnet with its first address: host bits are cleared. Undefined for anything that is not `address/prefix`. */
export function readSubnet(text: string): IpNetwork | undefined {
  if (!text.includes('/')) return undefined;
  const network = readIpNetwork(text);
  return network && { ...network, bits: firstAddress(network) };
}

/** The network's first address, which is its own. */
export function firstAddress({ bits, width, prefix }: IpNetwork): bigint {
  const rest = BigInt(width - prefix);
  return (bits >> rest) << rest;
}

/** The network's last address; broadcast in IPv4. */
export function lastAddress(network: IpNetwork): bigint {
  return firstAddress(network) + (1n << BigInt(network.width - network.prefix)) - 1n;
}

/** An address as text, in the shortest form. */
export function formatAddress(bits: bigint, width: 32 | 128): string {
  return width === 32 ? formatIpv4(bits) : formatIpv6(bits);
}

/** Whether an address or a subnet, with or without prefix length, is one of IPv6. Only of what is known to be either. */
export function isIpv6(text: string): boolean {
  return text.includes(':');
}

/** The address of `address/prefix`; an address alone stays as it is. */
export function withoutPrefix(text: string): string {
  return text.replace(/\/.*$/, '');
}

/** A network as text: its first address and its prefix length. */
export function formatSubnet(network: IpNetwork): string {
  return `${formatAddress(firstAddress(network), network.width)}/${network.prefix}`;
}

function formatIpv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
}

/** RFC 5952, which URLs follow: the longest run of zeros is left out. */
function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) => (bits >> BigInt((IPV6_GROUPS - 1 - index) * 16)) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
