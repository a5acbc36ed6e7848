import type { Network, PortClaim } from '../proto';
import type { Revision } from './object-store';

/** Networks by id and by name, and who holds which published port, as the watch tells. */
export class NetworkRecords {
  /** Of `network-claims`; 0 while there is none. */
  claimsRevision: Revision = 0;
  private readonly networks = new Map<string, Network>();
  private readonly names = new Map<string, Network>();
  private readonly portOwners = new Map<string, string>();

  get = (id: string): Network | undefined => this.networks.get(id);
  byName = (name: string): Network | undefined => this.names.get(name);
  all = (): Network[] => [...this.networks.values()];
  portOwner = (port: string): string | undefined => this.portOwners.get(port);

  set(id: string, network: Network | undefined): void {
    const before = this.networks.get(id);
    const name = before?.spec?.name ?? '';
    if (before && this.names.get(name) === before) this.names.delete(name);
    if (network) {
      this.networks.set(id, network);
      this.names.set(network.spec?.name ?? '', network);
    } else this.networks.delete(id);
  }

  /** @param port `<protocol>/<number>` */
  setPortOwner(port: string, claim: PortClaim | undefined): void {
    if (claim) this.portOwners.set(port, claim.serviceId);
    else this.portOwners.delete(port);
  }
}
