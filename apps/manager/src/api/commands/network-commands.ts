import {
  defaultGateway,
  encryptionProblemOf,
  INGRESS_NETWORK,
  IPV6_SUBNET_POOL,
  holdsAddress,
  isEncrypted,
  isAttachment,
  isIpv6,
  isTerminal,
  nextSubnet,
  observedState,
  overlap,
  publishesOnEveryNode,
  readSubnet,
  type SubnetPool,
  findPredefinedNetwork,
} from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import { newId } from '#common/identity';
import { NetworkSpec, type IpamConfig, type Network, type Node, type Service, type Task } from '#common/proto';
import { creationOfNetwork, removalOfNetwork, type ClusterView, type Commit } from '#common/store';
import { decodeJson } from '#common/wire';
import { findNetwork } from '../lookup';
import type { ApiStore } from '../ports';
import { failedPrecondition, unreadableSpec } from '../validate/api-errors';
import { validateNetworkSpec } from '../validate/validate-network';
import { bytesOf, requireRoom } from './require-room';

/** Others may make networks at the same moment; a handful of them at once is the most that anybody has seen. */
const MAX_TRIES = 8;
/** Nodes that a refusal speaks of. */
const MAX_REASONS = 3;

/** Writes networks: checks everything first, then one transaction. */
export class NetworkCommands {
  constructor(
    private readonly store: ApiStore,
    private readonly pool: SubnetPool,
    private readonly now: () => Date,
  ) {}

  /**
   * Creates a network and returns its id. What the spec does not say of addresses is chosen.
   * @param body parsed JSON of Docker's create call
   * @throws DomainError INVALID_ARGUMENT · ALREADY_EXISTS · PERMISSION_DENIED taken addresses · RESOURCE_EXHAUSTED no subnet is left ·
   *   UNIMPLEMENTED · as ApiStore.commit
   */
  async create(body: unknown): Promise<string> {
    const wanted = NetworkSpec.fromJSON(decodeJson('NetworkSpec', body));
    validateNetworkSpec(wanted);
    const id = newId();
    await this.write(() => {
      const { view } = this.store;
      refuseTaken(wanted, view);
      if (isEncrypted(wanted)) refuseUnencrypted(view.nodes());
      const spec = {
        ...wanted,
        scope: 'swarm',
        ipam: { driver: 'default', options: {}, ...wanted.ipam, config: completeIpam(wanted, view, poolOf(view, this.pool)) },
      };
      const creation = creationOfNetwork(view, { id, createdAt: this.now().toISOString(), spec });
      requireRoom(this.store, { what: `network ${spec.name}`, bytes: bytesOf(creation.writes) });
      return creation;
    });
    return id;
  }

  /**
   * Removes a network that no service uses; tasks of removed services may still be ending on it.
   * @throws DomainError NOT_FOUND · FAILED_PRECONDITION naming a service that uses it · PERMISSION_DENIED · as ApiStore.commit
   */
  async remove(term: string): Promise<void> {
    if (findPredefinedNetwork(term))
      throw new DomainError('PERMISSION_DENIED', `${term} is a pre-defined network and cannot be removed`);
    const { id } = findNetwork(this.store.view, term);
    await this.write(() => {
      const { view } = this.store;
      const network = findNetwork(view, id);
      refuseUsed(network, view.services());
      refuseAttached(network, view.tasksOnNetwork(network.id));
      return { ...removalOfNetwork(view, network), evenWhenFull: true };
    });
  }

  /** Decides and commits; decides anew when another network was made or removed in between. */
  private async write(decide: () => Commit): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { guards, writes, evenWhenFull } = decide();
      try {
        await this.store.commit(guards, writes, { evenWhenFull });
        return;
      } catch (error) {
        if (!isCode(error, 'ABORTED') || tries === MAX_TRIES) throw error;
      }
    }
  }
}

/** The cluster's own, else the one that this manager was started with. */
function poolOf(view: ClusterView, fallback: SubnetPool): SubnetPool {
  const { defaultAddrPool: bases = [], subnetSize = 0 } = view.cluster() ?? {};
  return bases.length > 0 ? { bases, prefix: subnetSize || fallback.prefix } : fallback;
}

function refuseTaken(spec: NetworkSpec, view: ClusterView): void {
  if (view.networkByName(spec.name)) throw new DomainError('ALREADY_EXISTS', `network with name ${spec.name} already exists`);
  const ingress = spec.ingress && view.networks().find((network) => network.spec?.ingress);
  if (ingress)
    throw new DomainError('ALREADY_EXISTS', `ingress network (${ingress.spec?.name ?? INGRESS_NETWORK}) is already present`);
}

/** Nothing of an encrypted network is ever sent in clear: with no node that can encrypt, it could only be an empty promise. */
function refuseUnencrypted(nodes: readonly Node[]): void {
  const problems = nodes.map(({ description }) => ({
    hostname: description?.hostname ?? '',
    problem: encryptionProblemOf(description),
  }));
  if (problems.length === 0 || problems.some(({ problem }) => problem === '')) return;
  const reasons = problems.map(({ hostname, problem }) => `${hostname}: ${problem}`);
  throw failedPrecondition(`no node can encrypt (${reasons.slice(0, MAX_REASONS).join('; ')})`);
}

/** The addresses of a new network: those that are wanted, unless somebody has them, else the next free ones. */
function completeIpam({ ipam, enableIpv6 }: NetworkSpec, view: ClusterView, pool: SubnetPool): IpamConfig[] {
  const wanted = ipam?.config ?? [];
  const ipv4 = completeConfig(
    wanted.find(({ subnet }) => !isIpv6(subnet)),
    view,
    pool,
  );
  if (!enableIpv6) return [ipv4];
  return [
    ipv4,
    completeConfig(
      wanted.find(({ subnet }) => isIpv6(subnet)),
      view,
      IPV6_SUBNET_POOL,
    ),
  ];
}

function completeConfig(config: IpamConfig | undefined, view: ClusterView, pool: SubnetPool): IpamConfig {
  const taken = view.networks().flatMap(({ spec }) => (spec?.ipam?.config ?? []).map(({ subnet }) => subnet));
  const nodes = view.nodes().flatMap(({ status }) => (status?.addr ? [status.addr] : []));
  const subnet = config?.subnet || nextSubnet(pool, [...taken, ...nodes]);
  if (subnet === undefined) {
    throw new DomainError(
      'RESOURCE_EXHAUSTED',
      `no subnet of ${pool.bases.join(', ')} is left: name one (IPAM.Config.Subnet, --subnet)`,
    );
  }
  if (config?.subnet) refuseTakenSubnet(config.subnet, taken, nodes);
  const gateway = config?.gateway || (defaultGateway(subnet) ?? '');
  return { ipRange: '', auxiliaryAddresses: {}, ...config, subnet, gateway };
}

function refuseTakenSubnet(wanted: string, taken: readonly string[], nodes: readonly string[]): void {
  const subnet = readSubnet(wanted);
  if (!subnet) throw unreadableSpec(`invalid subnet ${wanted}: invalid CIDR address`);
  const collides = taken.some((other) => {
    const network = readSubnet(other);
    return network !== undefined && overlap(network, subnet);
  });
  if (collides) throw new DomainError('PERMISSION_DENIED', 'Pool overlaps with other one on this address space');
  const node = nodes.find((address) => holdsAddress(subnet, address));
  if (node !== undefined) throw unreadableSpec(`invalid subnet ${wanted}: it holds ${node}, the address of a node`);
}

/** Containers that are no tasks keep the network as services do; nobody removes them along with it. */
function refuseAttached({ spec }: Network, tasks: readonly Task[]): void {
  const attached = tasks.find((task) => isAttachment(task) && !isTerminal(observedState(task)));
  if (attached) throw failedPrecondition(`network ${spec?.name ?? ''} has active endpoints: container ${attached.name}`);
}

function refuseUsed({ id, spec }: Network, services: readonly Service[]): void {
  const uses = (service: Service): boolean =>
    [...(service.spec?.taskTemplate?.networks ?? []), ...(service.spec?.networks ?? [])].some(({ target }) => target === id);
  const user = services.find(uses);
  if (user) throw failedPrecondition(`network ${id} is in use by service ${user.id}`);
  const publisher = spec?.ingress && services.find(({ endpoint }) => publishesOnEveryNode(endpoint));
  if (publisher) throw failedPrecondition(`ingress network cannot be removed because service ${publisher.id} depends on it`);
}
