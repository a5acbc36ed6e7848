import {
  boundTo,
  INGRESS_NETWORK,
  isAttachment,
  isIngressPort,
  isTerminal,
  NodeState,
  observedState,
  prefersLocal,
  proxyProtocol,
  TaskState,
  withoutPrefix,
} from '#common/domain';
import { type ControlPlane, OverlayEndpoint, OverlayNode, OverlayService } from '#common/dispatcher-proto';
import type { Network, Service, Task } from '#common/proto';
import { networkIdsOf, networkIdsOfService, type ClusterView, type ViewChange } from '#common/store';
import { toClaim, withoutAddress } from './address-owner';
import { toNetworkChanges, type NetworkPicture } from './network-diff';

/** Of what else pictures are made. */
const OTHER_KINDS: ReadonlySet<ViewChange['kind']> = new Set(['node', 'network', 'manager', 'everything']);

interface Members {
  readonly services: readonly OverlayService[];
  readonly endpoints: readonly OverlayEndpoint[];
}

/**
 * Keeps an entry the same object while it says the same, so that those who have it need not be sent it again. What is not asked for
 * between two turns is forgotten.
 */
class Unchanging<T> {
  private known = new Map<string, { text: string; value: T }>();
  private before: ReadonlyMap<string, { text: string; value: T }> = new Map();

  turn(): void {
    if (this.known.size === 0) return;
    this.before = this.known;
    this.known = new Map();
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  of(id: string, value: T): T {
    const text = JSON.stringify(value);
    const former = this.known.get(id) ?? this.before.get(id);
    const kept = former?.text === text ? former : { text, value };
    this.known.set(id, kept);
    return kept.value;
  }
}

/** Networks as agents need them, made once for all agents: who is on which network, where, and whether connections may go there. */
export class NetworkDirectory {
  private readonly members = new Map<string, Members>();
  /** By the networks that they hold: most nodes have the same. */
  private pictures = new Map<string, NetworkPicture>();
  private outdated: ReadonlyMap<string, NetworkPicture> = new Map();
  private nodes: Map<string, OverlayNode> | undefined;
  private readonly known = {
    nodes: new Unchanging<OverlayNode>(),
    services: new Unchanging<OverlayService>(),
    endpoints: new Unchanging<OverlayEndpoint>(),
  };

  /** @param controlPlane of all hosts: containers may not go there */
  constructor(
    private readonly view: ClusterView,
    private readonly controlPlane: () => ControlPlane,
  ) {}

  /**
   * Whether pictures may be others after this change. Services and tasks that are on no network now are only concerned where a picture
   * that was asked for since the last change shows them.
   */
  concerns(change: ViewChange): boolean {
    switch (change.kind) {
      case 'task':
        return this.known.endpoints.has(change.id) || networkIdsOf(this.view.task(change.id)).length > 0;
      case 'service':
        return this.known.services.has(change.id) || networkIdsOfService(this.view.service(change.id)).length > 0;
      default:
        return OTHER_KINDS.has(change.kind);
    }
  }

  /** Something that the pictures are made of has changed. */
  forget(): void {
    if (this.pictures.size > 0) this.outdated = this.pictures;
    this.pictures = new Map();
    this.members.clear();
    this.nodes = undefined;
    for (const entries of Object.values(this.known)) entries.turn();
  }

  /** What the node has to know now: the networks that its tasks are on, and the ingress network once anything is published. */
  pictureFor(nodeId: string): NetworkPicture {
    const networks = this.networksOf(nodeId);
    const key = networks.map(({ id }) => id).join();
    const known = this.pictures.get(key) ?? this.sameOrNew(key, this.pictureOf(networks));
    this.pictures.set(key, known);
    return known;
  }

  /** The picture from before, if it says the same: then nobody has to be told anything. */
  private sameOrNew(key: string, picture: NetworkPicture): NetworkPicture {
    const before = this.outdated.get(key);
    return before && toNetworkChanges(before, picture) === undefined ? before : picture;
  }

  private pictureOf(list: readonly Network[]): NetworkPicture {
    const networks = new Map(list.map((network) => [network.id, network]));
    const services = new Map<string, OverlayService>();
    const endpoints = new Map<string, OverlayEndpoint>();
    for (const id of networks.keys()) {
      const members = this.membersOf(id);
      for (const service of members.services) services.set(service.id, service);
      for (const endpoint of members.endpoints) endpoints.set(endpoint.taskId, endpoint);
    }
    const isUsed = networks.size > 0;
    return {
      networks,
      services,
      endpoints,
      nodes: isUsed ? this.overlayNodes() : new Map(),
      // Every node's, with networks or without: its containers are to be kept away in either case.
      controlPlane: this.controlPlane(),
    };
  }

  private networksOf(nodeId: string): Network[] {
    const used = new Set<string>();
    for (const task of this.view.tasksOfNode(nodeId))
      if (!isTerminal(observedState(task))) networkIdsOf(task).forEach((id) => used.add(id));
    const ingress = this.view.networkByName(INGRESS_NETWORK);
    if (ingress && this.membersOf(ingress.id).services.some(({ ports }) => ports.length > 0)) used.add(ingress.id);
    return [...used].sort().flatMap((id) => this.view.network(id) ?? []);
  }

  private membersOf(networkId: string): Members {
    const known = this.members.get(networkId);
    if (known) return known;
    const tasks = this.view.tasksOnNetwork(networkId).filter((task) => task.nodeId !== '' && !isTerminal(observedState(task)));
    // Those without tasks, too: their names are known, and callers of their addresses hear at once that nobody is there.
    const services = new Map(this.view.servicesOnNetwork(networkId).map((service) => [service.id, service]));
    for (const { serviceId } of tasks) {
      const owner = services.has(serviceId) ? undefined : this.view.service(serviceId);
      if (owner) services.set(serviceId, owner);
    }
    const members = {
      endpoints: tasks.map((task) => this.known.endpoints.of(task.id, toEndpoint(task, this.isReady(task.nodeId)))),
      services: [...services.values()].map((service) => this.known.services.of(service.id, toOverlayService(service))),
    };
    this.members.set(networkId, members);
    return members;
  }

  private isReady(nodeId: string): boolean {
    return this.view.node(nodeId)?.status?.state === NodeState.ready;
  }

  private overlayNodes(): Map<string, OverlayNode> {
    if (this.nodes) return this.nodes;
    const all = this.view.nodes();
    // Of several with one address agents would know two ways to it: the others are as good as not there.
    const others = withoutAddress(all.map((node) => toClaim(node, undefined)));
    this.nodes = new Map(
      all
        .filter(({ id }) => !others.has(id))
        .map(({ id, description, status }) => {
          const { hostname = '', networking } = description ?? {};
          // What a node cannot have is between it and the managers.
          const node = { id, hostname, address: status?.addr ?? '', networking: networking && { ...networking, problems: [] } };
          return [id, this.known.nodes.of(id, OverlayNode.fromPartial(node))];
        }),
    );
    return this.nodes;
  }
}

function toEndpoint(task: Task, isNodeReady: boolean): OverlayEndpoint {
  const isWanted = task.desiredState === TaskState.running || task.desiredState === TaskState.complete;
  return OverlayEndpoint.fromPartial({
    taskId: task.id,
    serviceId: task.serviceId,
    nodeId: task.nodeId,
    name: isAttachment(task) ? task.name : `${task.serviceName}.${task.slot || task.nodeId}.${task.id}`,
    names: isAttachment(task) ? namesOf(task) : [],
    slot: task.slot,
    addresses: task.networksAttachments.flatMap(({ network, addresses }) =>
      addresses.map((address) => ({ networkId: network?.id ?? '', address: withoutPrefix(address) })),
    ),
    nameservers: task.spec?.containerSpec?.dnsConfig?.nameservers ?? [],
    serving: isNodeReady && isWanted && observedState(task) === TaskState.running,
  });
}

/** A container goes by its own name and by those that it was given on its networks. */
function namesOf({ name, spec }: Task): string[] {
  return [...new Set([name, ...(spec?.networks ?? []).flatMap(({ aliases }) => aliases)])].filter(Boolean);
}

function toOverlayService(service: Service): OverlayService {
  const { id, spec, endpoint } = service;
  const virtualIps = endpoint?.virtualIps ?? [];
  const attached = spec?.taskTemplate?.networks ?? [];
  return OverlayService.fromPartial({
    id,
    name: spec?.name ?? '',
    networks: [...new Set(networkIdsOfService(service))].map((networkId) => ({
      networkId,
      aliases: attached.filter(({ target }) => target === networkId).flatMap(({ aliases }) => aliases),
      virtualAddresses: virtualIps.filter((vip) => vip.networkId === networkId).map(({ addr }) => withoutPrefix(addr)),
    })),
    ports: (endpoint?.ports ?? [])
      .filter(isIngressPort)
      .map((port) => ({ port, boundTo: boundTo(spec, port), proxyProtocol: proxyProtocol(spec, port) })),
    preferLocal: prefersLocal(spec),
  });
}
