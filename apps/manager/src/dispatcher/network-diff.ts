import { isDeepStrictEqual } from 'node:util';
import {
  ControlPlane,
  NetworkChanges,
  type OverlayEndpoint,
  type OverlayNode,
  type OverlayService,
} from '#common/dispatcher-proto';
import type { Network } from '#common/proto';

/** What one node has to know of networks; each map by id. Entries are the same objects as long as they say the same. */
export interface NetworkPicture {
  readonly networks: ReadonlyMap<string, Network>;
  readonly nodes: ReadonlyMap<string, OverlayNode>;
  readonly services: ReadonlyMap<string, OverlayService>;
  readonly endpoints: ReadonlyMap<string, OverlayEndpoint>;
  readonly controlPlane: ControlPlane;
}

/** What a node knows before it was told anything. */
export const NO_PICTURE: NetworkPicture = {
  networks: new Map(),
  nodes: new Map(),
  services: new Map(),
  endpoints: new Map(),
  controlPlane: ControlPlane.fromPartial({}),
};

/** What a node that knows `sent` must be told so that it knows `next`; undefined when that is nothing. */
export function toNetworkChanges(sent: NetworkPicture, next: NetworkPicture): NetworkChanges | undefined {
  if (sent === next) return undefined;
  const networks = difference(sent.networks, next.networks);
  const nodes = difference(sent.nodes, next.nodes);
  const services = difference(sent.services, next.services);
  const endpoints = difference(sent.endpoints, next.endpoints);
  const isMoved = !isDeepStrictEqual(sent.controlPlane, next.controlPlane);
  const all = [networks, nodes, services, endpoints];
  if (!isMoved && all.every(({ set, removed }) => set.length + removed.length === 0)) return undefined;
  return NetworkChanges.fromPartial({
    networks: networks.set,
    removedNetworks: networks.removed,
    nodes: nodes.set,
    removedNodes: nodes.removed,
    services: services.set,
    removedServices: services.removed,
    endpoints: endpoints.set,
    removedEndpoints: endpoints.removed,
    ...(isMoved && { controlPlane: next.controlPlane }),
  });
}

/** Entries are the same objects while they say the same. */
function difference<T>(sent: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): { set: T[]; removed: string[] } {
  if (sent === next) return { set: [], removed: [] };
  return {
    set: [...next].filter(([id, entry]) => sent.get(id) !== entry).map(([, entry]) => entry),
    removed: [...sent.keys()].filter((id) => !next.has(id)),
  };
}
