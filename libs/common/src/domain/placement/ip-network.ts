const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6_CHARACTERS = /^[0-9a-f:.]{2,45}$/i;
export const IPV6_GROUPS = 8;
/** ::ffff:a.b.c.d stands for a.b.c.d, so that one address has one form. */
const MAPPED_IPV4_PREFIX = 0xffffn;

/** Addresses that share their first `prefix` bits; a single address has as many as there are. */
export interface IpNetwork {
  readonly bits: bigint;
  readonly width: 32 | 128;
  readonly prefix: number;
}

/** Reads an IPv4 or IPv6 address, or a network such as 10.0.0.0/8 or fd00::/8; undefined for anything else. */
export function readIpNetwork(text: string): IpNetwork | undefined {
  const [address = '', length, ...more] = text.split('/');
  const single = readAddress(address);
  if (!single || more.length > 0 || length === undefined) return more.length > 0 ? undefined : single;
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  return prefix <= single.width ? { ...single, prefix } : undefined;
}

/** Whether the network holds the address. */
export function holdsAddress(network: IpNetwork, address: string): boolean {
  const other = readAddress(address.split('%')[0] ?? '');
  return other !== undefined && overlap(network, other);
}

/** Whether the two share an address. */
export function overlap(a: IpNetwork, b: IpNetwork): boolean {
  if (a.width !== b.width) return false;
  const rest = BigInt(a.width - Math.min(a.prefix, b.prefix));
  return a.bits >> rest === b.bits >> rest;
}

function readAddress(text: string): IpNetwork | undefined {
  if (IPV4.test(text)) return readIpv4(text);
  const isIpv6 = text.includes(':') && IPV6_CHARACTERS.test(text) && URL.canParse(`http://[${text}]`);
  return isIpv6 ? readIpv6(new URL(`http://[${text}]`).hostname.slice(1, -1)) : undefined;
}

function readIpv4(text: string): IpNetwork | undefined {
  const bytes = text.split('.').map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return { bits: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), width: 32, prefix: 32 };
}

/** @param text as URLs write it: groups in hexadecimal, the longest run of zeros left out */
function readIpv6(text: string): IpNetwork {
  const [head = '', tail] = text.split('::');
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: IPV6_GROUPS - before.length - after.length }, () => '0');
  const bits = [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  if (bits >> 32n === MAPPED_IPV4_PREFIX) return { bits: bits & 0xffffffffn, width: 32, prefix: 32 };
  return { bits, width: 128, prefix: 128 };
}
