import { isIpv6, type IpAddress } from '#common/domain';
import type { NetworkState } from './network-state';
import type { KnownEndpoint, KnownService } from './read-picture';

/** Kind of an address, as the kernel's rules name it. */
export type Family = 'ip' | 'ip6';

export function familyOf(address: string): Family {
  return isIpv6(address) ? 'ip6' : 'ip';
}

/** Tasks that take connections, by service. */
export type Serving = ReadonlyMap<string, readonly KnownEndpoint[]>;

/** Tasks that take connections, by service: those of this host alone where the service prefers them and there are any. */
export function groupServing({ endpoints, services }: NetworkState, nodeId: string): Serving {
  const byService = new Map<string, KnownEndpoint[]>();
  for (const endpoint of endpoints.values()) {
    if (!endpoint.serving) continue;
    const known = byService.get(endpoint.serviceId);
    if (known) known.push(endpoint);
    else byService.set(endpoint.serviceId, [endpoint]);
  }
  for (const [id, all] of byService) {
    const local = services.get(id)?.preferLocal ? all.filter((endpoint) => endpoint.nodeId === nodeId) : [];
    if (local.length > 0) byService.set(id, local);
  }
  return byService;
}

/** Where to look for addresses. */
interface Place {
  readonly networkId: string;
  readonly family: Family;
}

/** Addresses on the network of the service's tasks that take connections. */
export function addressesOf({ id }: KnownService, { networkId, family }: Place, serving: Serving): IpAddress[] {
  return (serving.get(id) ?? []).flatMap(({ addresses }) =>
    addresses
      .filter((address) => address.networkId === networkId && familyOf(address.address) === family)
      .map(({ address }) => address),
  );
}
