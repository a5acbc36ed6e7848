import { INGRESS_NETWORK } from '#common/domain';
import type { EndpointSpec, Network, NetworkAttachmentConfig } from '#common/proto';

/** Networks by id and by name. */
export interface NetworkLookup {
  network(id: string): Network | undefined;
  networkByName(name: string): Network | undefined;
}

/** The overlay networks that a service or task is on, and targets that there are no networks for. */
export interface AttachedNetworks {
  readonly networks: readonly Network[];
  readonly missing: readonly string[];
}

/** What every engine has by itself; nobody gives out its addresses. */
const PREDEFINED: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

/** The networks that are asked for, and the one that carries connections to published ports when there are any. */
export function attachedNetworks(
  targets: readonly NetworkAttachmentConfig[],
  endpoint: EndpointSpec | undefined,
  lookup: NetworkLookup,
): AttachedNetworks {
  const overlays = targets.map(({ target }) => target).filter((target) => !PREDEFINED.has(target));
  const found = overlays.map((target) => lookup.network(target));
  const missing = overlays.filter((_, index) => found[index] === undefined);
  const networks = found.flatMap((network) => network ?? []);
  if (!publishesOnEveryNode(endpoint)) return { networks, missing };
  const ingress = lookup.networkByName(INGRESS_NETWORK);
  return ingress ? { networks: [...networks, ingress], missing } : { networks, missing: [...missing, INGRESS_NETWORK] };
}

/** Whether a port is published in ingress mode. */
export function publishesOnEveryNode(endpoint: EndpointSpec | undefined): boolean {
  return endpoint?.ports.some(({ publishMode }) => publishMode !== 'host') ?? false;
}
