import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { DomainError } from '#common/errors';

/** The addresses behind a name; none when it cannot be resolved. */
export type Lookup = (hostname: string) => Promise<string[]>;

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Registries that are spoken to without TLS, or without looking at their certificates: those on loopback, and those that are listed. */
export class InsecureRegistries {
  private readonly names = new Set<string>();
  private readonly networks = new BlockList();

  /**
   * @param entries `host`, `host:port` or a network such as `10.0.0.0/8` each, as dockerd's --insecure-registry
   * @throws DomainError INVALID_ARGUMENT naming the entry
   */
  constructor(
    entries: readonly string[],
    private readonly lookup: Lookup = resolve,
  ) {
    for (const entry of [...LOOPBACK, ...entries]) {
      if (entry.includes('/')) this.addNetwork(entry);
      else this.names.add(entry.toLowerCase());
    }
  }

  /** Whether the registry is one of them. @param registry `host` or `host:port` */
  async includes(registry: string): Promise<boolean> {
    if (this.names.has(registry.toLowerCase())) return true;
    const { hostname } = new URL(`http://${registry}`);
    const bare = hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(bare) ? [bare] : await this.lookup(bare);
    return addresses.some((address) => this.networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  }

  private addNetwork(entry: string): void {
    const [address = '', bits = ''] = entry.split('/');
    const family = isIP(address);
    const prefix = Number(bits);
    if (family === 0 || !/^\d+$/.test(bits) || prefix > (family === 6 ? 128 : 32)) {
      throw new DomainError(
        'INVALID_ARGUMENT',
        `--insecure-registry ${entry} is neither host[:port] nor a network such as 10.0.0.0/8`,
      );
    }
    this.networks.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
}

async function resolve(hostname: string): Promise<string[]> {
  const found = await systemLookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
