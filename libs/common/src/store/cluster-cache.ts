import {
  Cluster,
  Config,
  LeaderRecord,
  ManagerPresence,
  Network,
  Node,
  ObservedNode,
  PortClaim,
  RebalanceRequest,
  RegistryCredentials,
  Secret,
  Service,
  ServiceEndpoint,
  Task,
  TaskStatus,
  UpdateStatus,
} from '../proto';
import {
  containerOf,
  idOf,
  networkIdsOf,
  networkIdsOfService,
  revised,
  revisedStatus,
  taskChange,
  versioned,
  type RevisedNode,
  type RevisedStatus,
} from './cache-records';
import type { ClusterView, RevisedRequest, ViewChange } from './cluster-view';
import { IdIndex } from './id-index';
import { joinNode, joinService, joinTask, type ServiceSide } from './join';
import { JoinedCollection } from './joined-collection';
import { keys, parseKey } from './keys';
import { NamedRecords } from './named-records';
import { NetworkRecords } from './network-records';
import type { Revision, Stored, StoreEvent, WatchBatch } from './object-store';

/**
 * The view of the cluster that is fed by one watch over everything. Reads cost no I/O.
 * INVARIANT: after `apply(batch)` the view is exactly the store at `batch.revision`.
 */
export class ClusterCache implements ClusterView {
  private clusterRecord: Cluster | undefined;
  private leaderRecord: LeaderRecord | undefined;
  private presences = new Map<string, ManagerPresence>();
  private removedNodes = new Set<string>();
  private serviceNames = new Map<string, Service>();
  private rebalances = new Map<string, RevisedRequest>();
  private credentials = new Map<string, RegistryCredentials>();
  private hostnames = new IdIndex<Node>();
  private byService = new IdIndex<Task>();
  private byNode = new IdIndex<Task>();
  private byNetwork = new IdIndex<Task>();
  private byContainer = new IdIndex<Task>();
  private servicesByNetwork = new IdIndex<Service>();
  private networkRecords = new NetworkRecords();
  secrets = new NamedRecords<Secret>();
  configs = new NamedRecords<Config>();
  private changes: ViewChange[] = [];
  private seenRevision: Revision = 0;
  private unreadableKeys = new Set<string>();

  /** @param onUnreadable told of a value that cannot be read; what was known under its key stays, so that one bad value does not blind everybody */
  constructor(private readonly onUnreadable: (key: string, error: unknown) => void = () => undefined) {}

  private serviceObjects = this.newServices();
  private taskObjects = this.newTasks();
  private nodeObjects = this.newNodes();

  get revision(): Revision {
    return this.seenRevision;
  }

  isUnreadable = (key: string): boolean => this.unreadableKeys.has(key);
  unreadable = (): readonly string[] => [...this.unreadableKeys];
  cluster = (): Cluster | undefined => (this.clusterRecord?.id ? this.clusterRecord : undefined);
  endedClusters = (): readonly string[] => this.clusterRecord?.endedIds ?? [];
  clusterRevision = (): Revision => this.clusterRecord?.version?.index ?? 0;
  leader = (): LeaderRecord | undefined => this.leaderRecord;
  managers = (): ManagerPresence[] => [...this.presences.values()];
  service = (id: string): Service | undefined => this.serviceObjects.get(id);
  serviceByName = (name: string): Service | undefined => this.serviceNames.get(name);
  services = (): Service[] => this.serviceObjects.values();
  servicesOnNetwork = (networkId: string): Service[] => this.servicesByNetwork.of(networkId);
  rebalanceRequest = (serviceId: string): RevisedRequest | undefined => this.rebalances.get(serviceId);
  registryCredentials = (serviceId: string): RegistryCredentials | undefined => this.credentials.get(serviceId);
  node = (id: string): Node | undefined => this.nodeObjects.get(id);
  nodesByHostname = (hostname: string): Node[] => this.hostnames.of(hostname);
  nodes = (): Node[] => this.nodeObjects.values();
  observedNode = (id: string): RevisedNode | undefined => this.nodeObjects.side(id);
  wasRemoved = (nodeId: string): boolean => this.removedNodes.has(nodeId);
  task = (id: string): Task | undefined => this.taskObjects.get(id);
  tasks = (): Task[] => this.taskObjects.values();
  taskStatusRevision = (id: string): Revision => this.taskObjects.side(id)?.modRevision ?? 0;
  tasksOfService = (serviceId: string): Task[] => this.byService.of(serviceId);
  tasksOfNode = (nodeId: string): Task[] => this.byNode.of(nodeId);
  tasksOnNetwork = (networkId: string): Task[] => this.byNetwork.of(networkId);
  tasksWithContainer = (containerId: string): Task[] => this.byContainer.of(containerId);
  network = (id: string): Network | undefined => this.networkRecords.networks.get(id);
  networkByName = (name: string): Network | undefined => this.networkRecords.networks.byName(name);
  networks = (): Network[] => this.networkRecords.networks.all();
  networkClaimsRevision = (): Revision => this.networkRecords.claimsRevision;
  publishedPortOwner = (protocol: string, port: number): string | undefined =>
    this.networkRecords.portOwner(`${protocol}/${port}`);

  /** Forgets everything and starts from a listing. */
  reset(objects: Stored[], revision: Revision): ViewChange[] {
    this.unreadableKeys = new Set();
    this.clusterRecord = undefined;
    this.leaderRecord = undefined;
    this.presences = new Map();
    this.removedNodes = new Set();
    this.serviceNames = new Map();
    this.rebalances = new Map();
    this.credentials = new Map();
    this.hostnames = new IdIndex();
    this.byService = new IdIndex();
    this.byNode = new IdIndex();
    this.byNetwork = new IdIndex();
    this.byContainer = new IdIndex();
    this.servicesByNetwork = new IdIndex();
    this.networkRecords = new NetworkRecords();
    this.secrets = new NamedRecords();
    this.configs = new NamedRecords();
    this.serviceObjects = this.newServices();
    this.taskObjects = this.newTasks();
    this.nodeObjects = this.newNodes();
    for (const stored of objects) this.applyOne({ kind: 'put', stored });
    this.seenRevision = revision;
    this.changes = [];
    return [{ kind: 'everything' }];
  }

  /** Takes one batch in and says which objects it changed, each once. */
  apply(batch: WatchBatch): ViewChange[] {
    for (const event of batch.events) this.applyOne(event);
    this.seenRevision = Math.max(this.seenRevision, batch.revision);
    const changes = this.changes;
    this.changes = [];
    return changes;
  }

  private applyOne(event: StoreEvent): void {
    const key = event.kind === 'put' ? event.stored.key : event.key;
    try {
      this.applyTo(key, event);
      if (this.unreadableKeys.size > 0) this.unreadableKeys.delete(key);
    } catch (error) {
      this.unreadableKeys.add(key);
      // Whoever wrote that, no leader can commit under it any more.
      if (key === keys.leader) this.setLeader(undefined);
      this.onUnreadable(key, error);
    }
  }

  private applyTo(key: string, event: StoreEvent): void {
    const { collection, id } = parseKey(key);
    const stored = event.kind === 'put' ? event.stored : undefined;
    const decoded = <T>(codec: { decode(bytes: Uint8Array): T }): T | undefined => stored && codec.decode(stored.value);
    switch (collection) {
      case 'services':
        return this.serviceObjects.setMain(id, versioned(decoded(Service), stored));
      case 'service-update':
        return this.setServiceSide(id, { update: decoded(UpdateStatus) });
      case 'service-endpoint':
        return this.setServiceSide(id, { endpoint: decoded(ServiceEndpoint) });
      case 'service-rebalance':
        return this.setRebalance(id, decoded(RebalanceRequest), stored);
      case 'registry-credentials':
        return this.setCredentials(id, decoded(RegistryCredentials));
      case 'tasks':
        return this.taskObjects.setMain(id, versioned(decoded(Task), stored));
      case 'task-status':
        return this.taskObjects.setSide(id, revisedStatus(decoded(TaskStatus), stored));
      case 'nodes':
        return this.nodeObjects.setMain(id, versioned(decoded(Node), stored));
      case 'node-status':
        return this.nodeObjects.setSide(id, revised(decoded(ObservedNode), stored));
      case 'removed-nodes':
        if (stored) this.removedNodes.add(id);
        else this.removedNodes.delete(id);
        return;
      case 'networks':
      case 'network-claims':
      case 'published-ports':
      case 'secrets':
      case 'configs':
        return this.applyNamed(collection, id, stored);
      case 'managers':
        return this.setManager(id, decoded(ManagerPresence));
      case 'leader':
        return this.setLeader(decoded(LeaderRecord));
      case 'cluster':
        this.clusterRecord = versioned(decoded(Cluster), stored);
        this.changes.push({ kind: 'cluster' });
        return;
      default:
        // A key of a newer version of ours, or one that only guards (service-names): not part of the view.
        return;
    }
  }

  /** What services name, and what of the hosts they take. */
  private applyNamed(collection: string, id: string, stored: Stored | undefined): void {
    switch (collection) {
      case 'networks':
        this.networkRecords.networks.set(id, versioned(stored && Network.decode(stored.value), stored));
        this.changes.push({ kind: 'network', id });
        return;
      case 'secrets':
        this.secrets.set(id, versioned(stored && Secret.decode(stored.value), stored));
        this.changes.push({ kind: 'secret', id });
        return;
      case 'configs':
        this.configs.set(id, versioned(stored && Config.decode(stored.value), stored));
        this.changes.push({ kind: 'config', id });
        return;
      case 'network-claims':
        this.networkRecords.claimsRevision = stored?.modRevision ?? 0;
        return;
      case 'published-ports':
        return this.networkRecords.setPortOwner(id, stored && PortClaim.decode(stored.value));
    }
  }

  private setManager(id: string, presence: ManagerPresence | undefined): void {
    if (presence) this.presences.set(id, presence);
    else this.presences.delete(id);
    this.changes.push({ kind: 'manager', id });
    this.rejoinNodesBesideManagers();
  }

  private setServiceSide(id: string, change: ServiceSide): void {
    const side = { ...this.serviceObjects.side(id), ...change };
    this.serviceObjects.setSide(id, side.update || side.endpoint ? side : undefined);
  }

  private setRebalance(serviceId: string, request: RebalanceRequest | undefined, stored: Stored | undefined): void {
    if (request && stored) this.rebalances.set(serviceId, { request, modRevision: stored.modRevision });
    else this.rebalances.delete(serviceId);
    this.changes.push({ kind: 'service', id: serviceId });
  }

  private setCredentials(serviceId: string, credentials: RegistryCredentials | undefined): void {
    if (credentials) this.credentials.set(serviceId, credentials);
    else this.credentials.delete(serviceId);
    this.changes.push({ kind: 'credentials', serviceId });
  }

  private setLeader(record: LeaderRecord | undefined): void {
    this.leaderRecord = record;
    this.changes.push({ kind: 'leader' });
    this.rejoinNodesBesideManagers();
  }

  /** Only these show anything of their manager. */
  private rejoinNodesBesideManagers(): void {
    this.nodeObjects.rejoinWhere((side) => side?.observed.besideManager === true);
  }

  private newServices(): JoinedCollection<Service, ServiceSide, Service> {
    return new JoinedCollection(joinService, (before, after) => {
      const name = (service: Service): string => service.spec?.name ?? '';
      if (before && this.serviceNames.get(name(before))?.id === before.id) this.serviceNames.delete(name(before));
      if (after) this.serviceNames.set(name(after), after);
      if (before) for (const id of networkIdsOfService(before)) this.servicesByNetwork.remove(id, before.id);
      if (after) for (const id of networkIdsOfService(after)) this.servicesByNetwork.add(id, after);
      this.changes.push({ kind: 'service', id: idOf(before, after) });
    });
  }

  private newTasks(): JoinedCollection<Task, RevisedStatus, Task> {
    return new JoinedCollection(
      (task, side) => joinTask(task, side?.status),
      (before, after) => {
        if (before) this.unindexTask(before, after);
        if (after) {
          this.byService.add(after.serviceId, after);
          if (after.nodeId) this.byNode.add(after.nodeId, after);
          for (const network of networkIdsOf(after)) this.byNetwork.add(network, after);
          if (containerOf(after)) this.byContainer.add(containerOf(after), after);
        }
        this.changes.push(taskChange(before, after));
      },
    );
  }

  /** A task that stays in its group is replaced there in place, which keeps the order of the group. */
  private unindexTask(before: Task, after: Task | undefined): void {
    if (before.serviceId !== after?.serviceId) this.byService.remove(before.serviceId, before.id);
    if (before.nodeId && before.nodeId !== after?.nodeId) this.byNode.remove(before.nodeId, before.id);
    if (containerOf(before) && containerOf(before) !== containerOf(after))
      this.byContainer.remove(containerOf(before), before.id);
    const kept = networkIdsOf(after);
    for (const network of networkIdsOf(before)) if (!kept.includes(network)) this.byNetwork.remove(network, before.id);
  }

  private newNodes(): JoinedCollection<Node, RevisedNode, Node> {
    const seen = { manager: (id: string) => this.presences.get(id) };
    return new JoinedCollection(
      (node, side) => joinNode(node, side?.observed, { ...seen, leader: this.leaderRecord }),
      (before, after) => {
        const hostname = (node: Node): string => node.description?.hostname ?? '';
        if (before && hostname(before) !== (after && hostname(after))) this.hostnames.remove(hostname(before), before.id);
        if (after) this.hostnames.add(hostname(after), after);
        this.changes.push({ kind: 'node', id: idOf(before, after) });
      },
    );
  }
}
