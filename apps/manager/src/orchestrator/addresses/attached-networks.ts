import { findPredefinedNetwork, INGRESS_NETWORK, publishesOnEveryNode } from '#common/domain';
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

/** The networks that are asked for, and the one that carries connections to published ports when there are any. */
export function attachedNetworks(
  targets: readonly NetworkAttachmentConfig[],
  endpoint: EndpointSpec | undefined,
  lookup: NetworkLookup,
): AttachedNetworks {
  const overlays = targets.map(({ target }) => target).filter((target) => !findPredefinedNetwork(target));
  const found = overlays.map((target) => lookup.network(target));
  const missing = overlays.filter((_, index) => found[index] === undefined);
  const networks = found.flatMap((network) => network ?? []);
  if (!publishesOnEveryNode(endpoint)) return { networks, missing };
  const ingress = lookup.networkByName(INGRESS_NETWORK);
  return ingress ? { networks: [...networks, ingress], missing } : { networks, missing: [...missing, INGRESS_NETWORK] };
}
