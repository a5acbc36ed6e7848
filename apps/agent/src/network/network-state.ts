import {
  ControlPlane,
  type NetworkChanges,
  type OverlayEndpoint,
  type OverlayNode,
  type OverlayService,
} from '#common/dispatcher-proto';
import type { Network } from '#common/proto';

/** What the managers have told about overlay networks. Immutable: a change makes a new one, and shares what is unchanged. */
export interface NetworkState {
  /** The networks that this node is to have, by id. */
  readonly networks: ReadonlyMap<string, Network>;
  readonly nodes: ReadonlyMap<string, OverlayNode>;
  readonly services: ReadonlyMap<string, OverlayService>;
  /** By task id, on every node. */
  readonly endpoints: ReadonlyMap<string, OverlayEndpoint>;
  /** Managers and their etcd: closed to containers. */
  readonly controlPlane: ControlPlane;
}

export const NO_NETWORKS: NetworkState = {
  networks: new Map(),
  nodes: new Map(),
  services: new Map(),
  endpoints: new Map(),
  controlPlane: ControlPlane.fromPartial({}),
};

/** The state after the message. */
export function applyNetworkChanges(state: NetworkState, changes: NetworkChanges): NetworkState {
  const before = changes.complete ? NO_NETWORKS : state;
  return {
    networks: merged(before.networks, changes.networks, changes.removedNetworks, ({ id }) => id),
    nodes: merged(before.nodes, changes.nodes, changes.removedNodes, ({ id }) => id),
    services: merged(before.services, changes.services, changes.removedServices, ({ id }) => id),
    endpoints: merged(before.endpoints, changes.endpoints, changes.removedEndpoints, ({ taskId }) => taskId),
    controlPlane: changes.controlPlane ?? before.controlPlane,
  };
}

function merged<T>(
  before: ReadonlyMap<string, T>,
  set: readonly T[],
  removed: readonly string[],
  idOf: (item: T) => string,
): ReadonlyMap<string, T> {
  if (set.length === 0 && removed.length === 0) return before;
  const after = new Map(before);
  for (const id of removed) after.delete(id);
  for (const item of set) after.set(idOf(item), item);
  return after;
}
