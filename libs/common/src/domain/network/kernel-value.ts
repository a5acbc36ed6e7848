import { readIpNetwork, type IpNetwork } from '../placement/ip-network';
import { firstAddress, formatAddress, isIpv6 } from './ip-address';

/**
 * Values that may become part of a command of the host's network tools (ip, bridge, nft, wg). Only the functions of this file make
 * them, each from text that it has read to the end: a value holds nothing but characters of its own kind, in one form.
 */
declare const kind: unique symbol;

/** Address of one host: neither unspecified, nor of many (multicast, broadcast). Without prefix length and zone. */
export type IpAddress = string & { readonly [kind]: { readonly ip: true } };
/** The same of IPv4. */
export type Ipv4Address = IpAddress & { readonly [kind]: { readonly version: 4 } };
/** First address of a network and its prefix length. */
export type Subnet = string & { readonly [kind]: { readonly subnet: true } };
/** Hardware address. */
export type Mac = string & { readonly [kind]: { readonly mac: true } };
/** Name of a network device. */
export type InterfaceName = string & { readonly [kind]: { readonly interface: true } };
/** WireGuard's public key, base64. */
export type WireguardKey = string & { readonly [kind]: { readonly wireguardKey: true } };

const MAX_PORT = 65_535;
/**
 * The kernel's limit is 15 (IFNAMSIZ). What begins with a letter or digit is no option of a tool, and what has more than digits and dots
 * is no address.
 */
const INTERFACE = /^(?![\d.]*$)(?!.*\.\.)[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/;
const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;
/** 32 bytes: the last digit before the padding carries four bits. */
const WIREGUARD_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const NO_KEY = `${'A'.repeat(43)}=`;

/** As nearly all addresses are written: there are thousands, and this is all that is to be known of them. */
const PLAIN_IPV4 = /^(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/;

/** Addresses that no single host has: "this network", multicast and what is reserved above it, unspecified. */
const NOT_ONE_HOST = ['0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8'].flatMap((text) => readIpNetwork(text) ?? []);

/** Undefined for anything that is not the address of one host. Equal addresses become equal text. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (PLAIN_IPV4.test(text)) return text as IpAddress;
  const address = readOneHost(text);
  return address && (formatAddress(address.bits, address.width) as IpAddress);
}

/** The same, of IPv4 only. */
export function parseIpv4Address(text: string): Ipv4Address | undefined {
  if (PLAIN_IPV4.test(text)) return text as Ipv4Address;
  const address = readOneHost(text);
  return address?.width === 32 ? (formatAddress(address.bits, 32) as Ipv4Address) : undefined;
}

/** Whether an address is one of IPv4. */
export function isIpv4Address(address: IpAddress): address is Ipv4Address {
  return !isIpv6(address);
}

/** Undefined for anything that is not `address/prefix`. Host bits are cleared. */
export function parseSubnet(text: string): Subnet | undefined {
  const network = text.includes('/') ? readIpNetwork(text) : undefined;
  return network && (`${formatAddress(firstAddress(network), network.width)}/${network.prefix}` as Subnet);
}

/** Undefined for anything but six bytes in small hexadecimal digits. */
export function parseMac(text: string): Mac | undefined {
  return MAC.test(text) ? (text as Mac) : undefined;
}

/** Undefined for what the kernel, or its tools, would not take for a name. */
export function parseInterfaceName(text: string): InterfaceName | undefined {
  return INTERFACE.test(text) ? (text as InterfaceName) : undefined;
}

/** Undefined for anything but 32 bytes that are not all zero. */
export function parseWireguardKey(text: string): WireguardKey | undefined {
  return WIREGUARD_KEY.test(text) && text !== NO_KEY ? (text as WireguardKey) : undefined;
}

/** Whether a number is a port that something can be reached at. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT;
}

function readOneHost(text: string): IpNetwork | undefined {
  if (text.includes('/')) return undefined;
  const address = readIpNetwork(text);
  const { width, bits } = address ?? {};
  const isOfMany = NOT_ONE_HOST.some((network) => network.width === width && bits !== undefined && holds(network, bits));
  return isOfMany ? undefined : address;
}

function holds({ bits, width, prefix }: IpNetwork, address: bigint): boolean {
  const rest = BigInt(width - prefix);
  return bits >> rest === address >> rest;
}
