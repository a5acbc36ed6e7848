import type {
  Cluster,
  Config,
  LeaderRecord,
  ManagerPresence,
  Network,
  Node,
  ObservedNode,
  RebalanceRequest,
  RegistryCredentials,
  Secret,
  Service,
  Task,
} from '../proto';
import type { Revision } from './object-store';

/**
 * Read side of the watch-fed cache: whole objects with their parts joined (a task with its newest status, a service with its
 * update status, a node with what was observed of it). Objects are immutable: a change makes a new one. `version.index` is
 * filled with the revision that `update?version=` compares.
 */
export interface ClusterView {
  readonly revision: Revision;
  /** Whether what is stored under the key cannot be read: then nobody may act as if it were not there. */
  isUnreadable(key: string): boolean;
  /** Keys of all such records. */
  unreadable(): readonly string[];
  /** Undefined before there is one, and after it was left. */
  cluster(): Cluster | undefined;
  /** The revision to compare when a cluster is made; 0 while there has never been one. */
  clusterRevision(): Revision;
  /** Ids of clusters that have ended here, the newest last. */
  endedClusters(): readonly string[];
  leader(): LeaderRecord | undefined;
  managers(): ManagerPresence[];

  service(id: string): Service | undefined;
  serviceByName(name: string): Service | undefined;
  services(): Service[];
  /** Services that are to be on the network, or have a virtual address there. */
  servicesOnNetwork(networkId: string): Service[];
  /** What somebody asked for and the leader has not finished. */
  rebalanceRequest(serviceId: string): RevisedRequest | undefined;
  /** What registries are told when nodes pull the service's image. Sealed; never to be shown or logged. */
  registryCredentials(serviceId: string): RegistryCredentials | undefined;

  node(id: string): Node | undefined;
  nodesByHostname(hostname: string): Node[];
  nodes(): Node[];
  /** The part of a node that its manager writes, with the revision to compare when writing it. */
  observedNode(id: string): { observed: ObservedNode; modRevision: Revision } | undefined;
  /** Whether a node with this id was removed from the cluster, and may not come back. */
  wasRemoved(nodeId: string): boolean;

  task(id: string): Task | undefined;
  tasks(): Task[];
  /** The revision to compare when writing the task's status; 0 while it has none. */
  taskStatusRevision(id: string): Revision;
  tasksOfService(serviceId: string): Task[];
  tasksOfNode(nodeId: string): Task[];
  /** Tasks that hold an address on the network, ended ones included. */
  tasksOnNetwork(networkId: string): Task[];
  /** Tasks whose container has this id, whole: one, or all attachments of one container. */
  tasksWithContainer(containerId: string): Task[];

  network(id: string): Network | undefined;
  networkByName(name: string): Network | undefined;
  networks(): Network[];
  /** The revision to compare when a network is made or removed; 0 before the first. */
  networkClaimsRevision(): Revision;
  /** Id of the service that holds the port on every node. */
  publishedPortOwner(protocol: string, port: number): string | undefined;

  readonly secrets: PayloadView<Secret>;
  readonly configs: PayloadView<Config>;
}

/** Secrets or configs. The values of secrets are sealed. */
export interface PayloadView<T> {
  get(id: string): T | undefined;
  byName(name: string): T | undefined;
  all(): T[];
}

/** A request with the revision to compare when following it up: it may have been replaced by another. */
export interface RevisedRequest {
  request: RebalanceRequest;
  modRevision: Revision;
}

/** What changed in the view, by joined object, not by key. */
export type ViewChange =
  | { kind: 'service'; id: string }
  | { kind: 'credentials'; serviceId: string }
  | { kind: 'task'; id: string; serviceId: string; nodeIds: string[]; endedOrGone: boolean }
  | { kind: 'node'; id: string }
  | { kind: 'network'; id: string }
  | { kind: 'secret'; id: string }
  | { kind: 'config'; id: string }
  | { kind: 'manager'; id: string }
  | { kind: 'leader' }
  | { kind: 'cluster' }
  /** The view was rebuilt: anything may have changed. */
  | { kind: 'everything' };
