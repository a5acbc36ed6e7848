import { BlockList, isIP } from 'node:net';
import { DomainError } from '#common/errors';

/** Registries that may be spoken to without TLS: those on loopback, and those that the operator names, as for Docker's engine. */
export class InsecureRegistries {
  private readonly hosts = new Set<string>(['localhost']);
  private readonly networks = new BlockList();

  /** @param named host, host:port, or network in CIDR notation. @throws DomainError INVALID_ARGUMENT */
  constructor(named: readonly string[]) {
    this.networks.addSubnet('127.0.0.0', 8, 'ipv4');
    this.networks.addAddress('::1', 'ipv6');
    for (const entry of named) this.add(entry);
  }

  /** @param host `host[:port]` of a registry */
  includes(host: string): boolean {
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    if (this.hosts.has(host) || this.hosts.has(name)) return true;
    const family = isIP(name);
    return family !== 0 && this.networks.check(name, family === 4 ? 'ipv4' : 'ipv6');
  }

  private add(entry: string): void {
    const [address = '', bits] = entry.split('/');
    if (bits === undefined) {
      this.hosts.add(entry);
      return;
    }
    const family = isIP(address);
    const length = Number(bits);
    if (family === 0 || !/^\d+$/.test(bits) || length > (family === 4 ? 32 : 128)) {
      throw new DomainError(
        'INVALID_ARGUMENT',
        `--insecure-registry ${entry}: name a host, host:port, or a network such as 10.0.0.0/8`,
      );
    }
    this.networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
}
