import { overlap, readIpNetwork, type IpNetwork } from '../placement/ip-network';
import { firstAddress, formatAddress, formatSubnet, lastAddress, readSubnet } from './ip-address';

/** Where subnets come from when nobody names one, and how large they are. */
export interface SubnetPool {
  /** CIDRs; the first that has room is taken from. */
  readonly bases: readonly string[];
  readonly prefix: number;
}

/**
 * Docker's own pool, in pieces of /20 instead of /24: one of those is full with 254 tasks, virtual addresses and nodes together.
 */
export const DEFAULT_SUBNET_POOL: SubnetPool = { bases: ['10.0.0.0/8'], prefix: 20 };
/** Where IPv6 subnets come from when nobody names one: a private network of our own (RFC 4193), in pieces of the usual /64. */
export const IPV6_SUBNET_POOL: SubnetPool = { bases: ['fd73:7761:726d::/48'], prefix: 64 };

/** The first piece of the pool that shares no address with any of `taken` (networks or single addresses); undefined if there is none. */
export function nextSubnet({ bases, prefix }: SubnetPool, taken: readonly string[]): string | undefined {
  for (const base of bases) {
    const next = nextSubnetOf(base, prefix, taken);
    if (next !== undefined) return next;
  }
  return undefined;
}

function nextSubnetOf(base: string, prefix: number, taken: readonly string[]): string | undefined {
  const pool = readSubnet(base);
  if (!pool || prefix < pool.prefix) return undefined;
  const busy = taken.flatMap((text) => readIpNetwork(text) ?? []).filter((network) => overlap(network, pool));
  const size = 1n << BigInt(pool.width - prefix);
  let bits = firstAddress(pool);
  while (bits <= lastAddress(pool)) {
    const piece: IpNetwork = { bits, width: pool.width, prefix };
    const hit = busy.find((network) => overlap(network, piece));
    if (!hit) return formatSubnet(piece);
    // Past whatever is in the way: it may be larger than a piece.
    bits += size;
    while (bits <= lastAddress(hit)) bits += size;
  }
  return undefined;
}

/** The address that a subnet's gateway has unless somebody names one: the first, as in Docker. */
export function defaultGateway(subnet: string): string | undefined {
  const network = readSubnet(subnet);
  return network && formatAddress(firstAddress(network) + 1n, network.width);
}
