import { BlockList, isIPv6 } from 'node:net';
import { DomainError } from '#common/errors';

/** Addresses that agents may connect from while there are no certificates: loopback, and networks named by the operator. */
export class AllowedPeers {
  private readonly loopback = new BlockList();
  private readonly networks = new BlockList();

  /** @param cidrs for example `10.77.0.0/24`. @throws DomainError INVALID_ARGUMENT */
  constructor(cidrs: readonly string[]) {
    this.loopback.addSubnet('127.0.0.0', 8, 'ipv4');
    this.loopback.addAddress('::1', 'ipv6');
    for (const cidr of cidrs) addCidr(this.networks, cidr);
  }

  isLoopback(address: string): boolean {
    return check(this.loopback, address);
  }

  allows(address: string): boolean {
    return this.isLoopback(address) || check(this.networks, address);
  }
}

function addCidr(list: BlockList, cidr: string): void {
  const [address = '', bits = ''] = cidr.split('/');
  try {
    list.addSubnet(address, Number.parseInt(bits, 10), isIPv6(address) ? 'ipv6' : 'ipv4');
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `--agent-network '${cidr}' is not a network such as 10.77.0.0/24`, {
      cause: error,
    });
  }
}

function check(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The IP address in a gRPC peer name: `10.77.0.12:40312`, `[::1]:40312`, `ipv4:…`. */
export function peerAddress(peer: string): string {
  const text = peer.replace(/^ipv[46]:/, '');
  const bracketed = /^\[([^\]]+)\]/.exec(text)?.[1];
  const address = bracketed ?? text.slice(0, text.lastIndexOf(':'));
  return address.replace(/^::ffff:/, '');
}
