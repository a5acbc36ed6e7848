import type { IpamConfig } from '../../proto';
import { readIpNetwork, type IpNetwork } from '../placement/ip-network';
import { firstAddress, formatAddress, lastAddress, readSubnet, withoutPrefix } from './ip-address';

/** Where each network's search for a free address goes on, so that one that was just given back is the last to be taken again. */
export type AddressCursors = Map<string, bigint>;

/** The addresses of one subnet, and which of them are taken. */
class SubnetAddresses {
  private readonly taken = new Set<bigint>();
  private readonly first: bigint;
  private readonly last: bigint;

  constructor(
    private readonly subnet: IpNetwork,
    config: IpamConfig,
  ) {
    const range = readSubnet(config.ipRange) ?? subnet;
    this.first = firstAddress(range);
    this.last = lastAddress(range);
    // The network's own address, and in IPv4 the one that means everybody.
    this.taken.add(firstAddress(subnet));
    if (subnet.width === 32) this.taken.add(lastAddress(subnet));
    for (const address of [config.gateway, ...Object.values(config.auxiliaryAddresses)]) this.occupy(address);
  }

  occupy(address: string): void {
    const bits = this.bitsOf(address);
    if (bits !== undefined) this.taken.add(bits);
  }

  /** Those outside of the range that is chosen from can be free, too: somebody may ask for one. */
  isFree(address: string): boolean {
    const bits = this.bitsOf(address);
    return bits !== undefined && !this.taken.has(bits);
  }

  /** The next free address from the cursor on, round and round; undefined when there is none. */
  next(cursor: bigint | undefined): bigint | undefined {
    const size = this.last - this.first + 1n;
    const start = cursor === undefined || cursor < this.first || cursor > this.last ? 0n : cursor - this.first;
    // No more steps than there are taken addresses can be in vain.
    for (let step = 0n; step < size && step <= BigInt(this.taken.size); step++) {
      const bits = this.first + ((start + step) % size);
      if (!this.taken.has(bits)) return bits;
    }
    return undefined;
  }

  format(bits: bigint): string {
    return formatAddress(bits, this.subnet.width);
  }

  get prefix(): number {
    return this.subnet.prefix;
  }

  private bitsOf(address: string): bigint | undefined {
    const network = readIpNetwork(withoutPrefix(address));
    const isOurs = network?.width === this.subnet.width && network.bits >= firstAddress(this.subnet);
    return isOurs && network.bits <= lastAddress(this.subnet) ? network.bits : undefined;
  }
}

/** The addresses of a network: one of each of its subnets goes to everything that is on it. */
export class AddressPool {
  private readonly subnets: SubnetAddresses[];

  constructor(
    private readonly networkId: string,
    configs: readonly IpamConfig[],
    private readonly cursors: AddressCursors,
  ) {
    this.subnets = configs.flatMap((config) => {
      const subnet = readSubnet(config.subnet);
      return subnet ? [new SubnetAddresses(subnet, config)] : [];
    });
  }

  /** Takes addresses that somebody has, with or without prefix length. */
  occupy(addresses: Iterable<string>): void {
    for (const address of addresses) for (const subnet of this.subnets) subnet.occupy(address);
  }

  /** Whether an address belongs to one of the subnets and nobody has it. */
  isFree(address: string): boolean {
    return this.subnets.some((subnet) => subnet.isFree(address));
  }

  /**
   * Takes a free address of each subnet, those that are preferred where they are free.
   * @returns as `address/prefix`; undefined when a subnet has none left
   */
  take(preferred: readonly string[] = []): string[] | undefined {
    const taken: string[] = [];
    for (const [index, subnet] of this.subnets.entries()) {
      const key = `${this.networkId}/${index}`;
      const former = preferred.map(withoutPrefix).find((address) => subnet.isFree(address));
      const bits = former === undefined ? subnet.next(this.cursors.get(key)) : undefined;
      if (bits !== undefined) this.cursors.set(key, bits + 1n);
      const address = former ?? (bits === undefined ? undefined : subnet.format(bits));
      if (address === undefined) return undefined;
      taken.push(`${address}/${subnet.prefix}`);
    }
    this.occupy(taken);
    return taken;
  }
}
