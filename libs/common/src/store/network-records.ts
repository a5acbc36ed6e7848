import type { Network, PortClaim } from '../proto';
import { NamedRecords } from './named-records';
import type { Revision } from './object-store';

/** Networks, and who holds which published port, as the watch tells. */
export class NetworkRecords {
  readonly networks = new NamedRecords<Network>();
  /** Of `network-claims`; 0 while there is none. */
  claimsRevision: Revision = 0;
  private readonly portOwners = new Map<string, string>();

  portOwner = (port: string): string | undefined => this.portOwners.get(port);

  /** @param port `<protocol>/<number>` */
  setPortOwner(port: string, claim: PortClaim | undefined): void {
    if (claim) this.portOwners.set(port, claim.serviceId);
    else this.portOwners.delete(port);
  }
}
