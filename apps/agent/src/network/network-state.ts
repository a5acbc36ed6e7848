import { ControlPlane, type NetworkChanges } from '#common/dispatcher-proto';
import type { Network } from '#common/proto';
import {
  readEndpoint,
  readNetwork,
  readNode,
  readService,
  type KnownEndpoint,
  type KnownNode,
  type KnownService,
  type Reading,
} from './read-picture';

/**
 * What the managers have told about overlay networks, as far as it could be read. Immutable: a change makes a new one, and shares
 * what is unchanged.
 */
export interface NetworkState {
  /** The networks that this node is to have, by id. */
  readonly networks: ReadonlyMap<string, Network>;
  readonly nodes: ReadonlyMap<string, KnownNode>;
  readonly services: ReadonlyMap<string, KnownService>;
  /** By task id, on every node. */
  readonly endpoints: ReadonlyMap<string, KnownEndpoint>;
  /** Managers and their etcd: closed to containers. */
  readonly controlPlane: ControlPlane;
  /** What is left out of what was told, and why. */
  readonly refused: Refused;
}

type Kind = 'network' | 'node' | 'service' | 'endpoint';
/** By kind and id of the entry, as in `network 3k2…`. */
type Refused = ReadonlyMap<string, string>;

export const NO_NETWORKS: NetworkState = {
  networks: new Map(),
  nodes: new Map(),
  services: new Map(),
  endpoints: new Map(),
  controlPlane: ControlPlane.fromPartial({}),
  refused: new Map(),
};

/** Longest part of an id that names what is left out. */
const MAX_NAMED = 64;

/** The state after the message. What cannot be read is left out, and never throws: the rest is of use without it. */
export function applyNetworkChanges(state: NetworkState, changes: NetworkChanges): NetworkState {
  const before = changes.complete ? NO_NETWORKS : state;
  const refusals = new Refusals(before.refused);
  return {
    networks: merged(before.networks, changes.networks, changes.removedNetworks, refusals.reader('network', readNetwork, idOf)),
    nodes: merged(before.nodes, changes.nodes, changes.removedNodes, refusals.reader('node', readNode, idOf)),
    services: merged(before.services, changes.services, changes.removedServices, refusals.reader('service', readService, idOf)),
    endpoints: merged(
      before.endpoints,
      changes.endpoints,
      changes.removedEndpoints,
      refusals.reader('endpoint', readEndpoint, ({ taskId }) => taskId),
    ),
    controlPlane: changes.controlPlane ?? before.controlPlane,
    refused: refusals.all,
  };
}

/** How entries of a kind are read, and what is remembered of those that cannot be. */
interface Reader<T, K> {
  readonly idOf: (item: T) => string;
  readonly read: (item: T) => K | undefined;
  readonly forget: (id: string) => void;
}

class Refusals {
  private changed: Map<string, string> | undefined;

  constructor(private readonly before: Refused) {}

  get all(): Refused {
    return this.changed ?? this.before;
  }

  reader<T, K>(kind: Kind, read: (item: T) => Reading<K>, id: (item: T) => string): Reader<T, K> {
    return {
      idOf: id,
      read: (item) => {
        const { value, problem } = read(item);
        this.note(`${kind} ${id(item).slice(0, MAX_NAMED)}`, problem);
        return value;
      },
      forget: (removed) => this.note(`${kind} ${removed.slice(0, MAX_NAMED)}`, ''),
    };
  }

  private note(name: string, problem: string): void {
    if ((this.all.get(name) ?? '') === problem) return;
    this.changed ??= new Map(this.before);
    if (problem === '') this.changed.delete(name);
    else this.changed.set(name, problem);
  }
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

function merged<T, K>(
  before: ReadonlyMap<string, K>,
  set: readonly T[],
  removed: readonly string[],
  reader: Reader<T, K>,
): ReadonlyMap<string, K> {
  if (set.length === 0 && removed.length === 0) return before;
  const after = new Map(before);
  for (const id of removed) {
    after.delete(id);
    reader.forget(id);
  }
  for (const item of set) {
    const known = reader.read(item);
    if (known === undefined) after.delete(reader.idOf(item));
    else after.set(reader.idOf(item), known);
  }
  return after;
}
