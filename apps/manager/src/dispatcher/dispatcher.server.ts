import type { Server } from '@grpc/grpc-js';
import { guarded, monotonicMs } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import { NANOS_PER_MS, NodeState } from '#common/domain';
import { GuardedServer, grpcFailure } from '#common/grpc';
import { LEAVE_KEY_BYTES, leaveLockOf, newId } from '#common/identity';
import type { Logger } from '#common/logging';
import { DispatcherService, type AgentMessage, type ControlPlane, type Hello } from '#common/dispatcher-proto';
import type { NodeDescription } from '#common/proto';
import type { ClusterStore, Vault, ViewChange } from '#common/store';
import { AddressKeeper } from './address-keeper';
import { AgentSession, TOLD_TO_AGENTS, type AgentStream } from './agent-session';
import { peerAddress, type AllowedPeers } from './allowed-peers';
import { Callers } from './callers';
import { Greeting, requireNoOther, requireSameAgent } from './greeting';
import { NetworkDirectory } from './network-directory';
import { NodeLiveness } from './node-liveness';
import { NodeRecorder } from './node-recorder';
import { readHello } from './read-agent-message';
import { SessionRegistry } from './session-registry';
import type { StatusInbox } from './status-inbox';

/** How often nodes are looked over for missing heartbeats. */
const LIVENESS_PERIOD_MS = 250;
/** Without etcd for this long a manager lets its agents go: others may be better off. Below the time to live of its own presence. */
const BLIND_LIMIT_MS = 3_000;
/** A stream must say hello within this time. */
const HELLO_TIMEOUT_MS = 5_000;

export interface DispatcherParts {
  managerId: string;
  /** This host's own address: an agent that comes from it runs beside the manager, like one from loopback. */
  ownAddress: string;
  /** Of all hosts: closed to containers. */
  controlPlane: () => ControlPlane;
  store: ClusterStore;
  inbox: StatusInbox;
  peers: AllowedPeers;
  /** Where agents are to go instead: this host's cluster has its managers elsewhere. */
  redirectTo?: readonly string[] | undefined;
  /** What this host's node becomes where it is not known yet; '' for what its agent says. */
  ownAvailability?: string | undefined;
  /** Clusters that this host has left, the newest last: an agent may still have their containers. */
  leftClusters?: readonly string[];
  /** Hears of the node on this host when its agent comes, with its key. */
  sawOwnNode?: (nodeId: string, nodeKey: Uint8Array | undefined) => void;
  /** What agents on this host are to say in every hello: SHA-256 of the key that the host leaves its cluster with. */
  leaveLock?: () => Buffer | undefined;
  /** Where the cluster's spec does not say. */
  heartbeatPeriodMs: number;
  /** Opens secrets and credentials. */
  vault: Vault;
  /** Adds what else agents and managers call. `prove` is told of a caller that has shown who it is. */
  addServices: (server: Server, prove: (peer: string) => void) => void;
  logger: Logger;
}

/** Holds the agents' streams: takes their hellos, heartbeats and statuses, gives them their assignments, and notices the dead. */
export class DispatcherServer {
  readonly sessions = new SessionRegistry();
  private readonly server: GuardedServer;
  private readonly liveness: NodeLiveness;
  private readonly recorder: NodeRecorder;
  private readonly directory: NetworkDirectory;
  private readonly addresses: AddressKeeper;
  private livenessTimer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private sightedAt = monotonicMs();

  constructor(private readonly parts: DispatcherParts) {
    this.liveness = new NodeLiveness(parts.heartbeatPeriodMs);
    this.recorder = new NodeRecorder(parts.store, parts.logger);
    this.addresses = new AddressKeeper(parts.store, this.recorder, parts.logger);
    this.directory = new NetworkDirectory(parts.store.view, parts.controlPlane);
    this.server = new GuardedServer(new Callers(parts));
    this.server.grpc.addService(DispatcherService, { session: (stream: AgentStream) => this.accept(stream) });
    parts.addServices(this.server.grpc, (peer) => this.server.prove(peer));
  }

  /** @param address `host:port` to listen on. @throws DomainError UNAVAILABLE when it is taken */
  async listen(address: string): Promise<void> {
    await this.server.listen(address).catch((cause: unknown) => {
      throw new DomainError('UNAVAILABLE', `cannot listen for agents on ${address}: ${messageOf(cause)}`, { cause });
    });
    this.parts.logger.warn(
      { address },
      'agents are taken without certificates, from loopback and --agent-network addresses only',
    );
    // A cluster that was there before this manager: nothing else tells of its heartbeat period.
    this.onCluster();
    this.expectOwnNodes();
    this.addresses.follow([{ kind: 'everything' }]);
    this.unsubscribe = this.parts.store.onChange((changes) => this.onChanges(changes));
    const look = guarded(
      () => this.lookForLostNodes(),
      (error) => this.parts.logger.error({ err: error }, 'could not look for lost nodes, will retry'),
    );
    this.livenessTimer = setInterval(look, LIVENESS_PERIOD_MS);
  }

  /** Ends all streams in good order: agents go on elsewhere, containers run on. */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.livenessTimer);
    this.unsubscribe?.();
    for (const session of this.sessions.all()) session.end('the manager stops');
    await this.server.close(timeoutMs);
  }

  /** Asks the node's agent to call Tunnel.Connect with this id. @returns false when this manager does not hold its stream */
  askForTunnel(nodeId: string, tunnelId: string): boolean {
    const session = this.sessions.of(nodeId);
    session?.askForTunnel(tunnelId);
    return session !== undefined;
  }

  /**
   * Nodes that are recorded as ready here have to be heard of. Most are; those that are not (this manager was restarted, or a node
   * was lost while it could not be recorded) have some time to come back.
   */
  private expectOwnNodes(): void {
    const { view } = this.parts.store;
    for (const node of view.nodes()) {
      const observed = view.observedNode(node.id)?.observed;
      const isMine = observed?.managerId === this.parts.managerId && observed.status?.state === NodeState.ready;
      if (isMine) this.liveness.expect(node.id, monotonicMs());
    }
  }

  private accept(stream: AgentStream): void {
    let session: AgentSession | undefined;
    let greeting: Greeting | undefined;
    const helloTimer = setTimeout(() => refuse(stream, new DomainError('DEADLINE_EXCEEDED', 'no hello came')), HELLO_TIMEOUT_MS);
    const take = (message: AgentMessage): void => {
      if (session) return session.receive(message);
      if (!greeting && message.hello?.nodeKey) {
        greeting = this.challenge(stream, message.hello);
        return;
      }
      clearTimeout(helloTimer);
      greeting?.check(message);
      session = this.welcome(stream, greeting?.hello ?? message.hello);
    };
    const fail = (error: unknown): void => {
      clearTimeout(helloTimer);
      if (session) session.fail(error);
      else refuse(stream, error);
    };
    stream.on('data', guarded(take, fail));
    const gone = (): void => {
      clearTimeout(helloTimer);
      if (session && this.sessions.remove(session)) this.parts.logger.info({ nodeId: session.nodeId }, 'agent disconnected');
    };
    stream.on('end', () => {
      stream.end();
      gone();
    });
    stream.on('cancelled', gone);
    stream.on('error', gone);
  }

  /** Has the agent show that it has the key that it names. */
  private challenge(stream: AgentStream, hello: Hello): Greeting {
    const greeting = new Greeting(hello);
    stream.write({ challenge: { nonce: greeting.nonce } });
    return greeting;
  }

  /**
   * @param told by an agent that has the key that it names, if it names one
   * @returns undefined when there is to be no session
   */
  private welcome(stream: AgentStream, told: Hello | undefined): AgentSession | undefined {
    const { managerId, peers, store, logger, inbox, vault } = this.parts;
    const address = peerAddress(stream.getPeer());
    const hello = readHello(told);
    const besideManager = peers.isLoopback(address) || address === this.parts.ownAddress;
    if (besideManager) this.parts.sawOwnNode?.(hello.nodeId, hello.nodeKey);
    const leaveLock = besideManager ? this.parts.leaveLock?.() : undefined;
    if (this.parts.redirectTo) return this.redirect(stream, this.parts.redirectTo, leaveLock);
    const clusterId = store.view.cluster()?.id;
    if (!store.isSynced()) throw new DomainError('UNAVAILABLE', 'this manager is not ready: it waits for etcd');
    if (!clusterId) return this.sendAway(stream);
    if (store.view.wasRemoved(hello.nodeId)) return this.turnAway(stream, hello, clusterId);
    requireSameAgent(hello.nodeId, store.view.observedNode(hello.nodeId)?.observed.nodeKey, hello.nodeKey);
    requireNoOther(hello, address, this.sessions.of(hello.nodeId));
    const own = hello.advertiseAddress;
    const callsFromItsAddress = own === '' || own === address || (besideManager && own === this.parts.ownAddress);
    const arrival = { managerId, sessionId: newId(), address, besideManager, callsFromItsAddress };
    this.addresses.requireAddress(hello, arrival);
    const requireKeys = (description: NodeDescription): void =>
      this.addresses.requireKeys(hello.nodeId, own || address, description);
    requireKeys(hello.description);
    const availability = (besideManager && this.parts.ownAvailability) || hello.availability;
    const session = new AgentSession(stream, { ...hello, availability }, arrival, {
      store,
      liveness: this.liveness,
      recorder: this.recorder,
      inbox,
      directory: this.directory,
      requireKeys,
      vault,
      logger,
    });
    this.sessions.add(session);
    this.server.prove(stream.getPeer());
    const welcome = {
      clusterId,
      heartbeatPeriodMs: this.heartbeatPeriodMs,
      endedClusterIds: this.endedClusters.filter((id) => id !== clusterId),
      managerAddresses: store.view.managers().map((manager) => manager.agentAddress),
      leaveLock,
    };
    session.open(welcome).catch((error: unknown) => refuse(stream, error));
    return session;
  }

  /**
   * Ends the part that a host's nodes have in the cluster, as the host asks for: their agents remove their containers, and wait for
   * another cluster. Agents name the lock in their hello; they have it from the manager of their host, which alone has the key.
   * @param leaveKey whose digest is the lock
   * @throws DomainError INVALID_ARGUMENT it is no key · NOT_FOUND no agent with this lock is connected here
   */
  letGo(leaveKey: Uint8Array): void {
    if (leaveKey.length !== LEAVE_KEY_BYTES)
      throw new DomainError('INVALID_ARGUMENT', `a leave key has ${LEAVE_KEY_BYTES} bytes`);
    const lock = leaveLockOf(leaveKey);
    const leaving = this.sessions.all().filter(({ leaveLock }) => leaveLock !== undefined && lock.equals(leaveLock));
    if (leaving.length === 0) throw new DomainError('NOT_FOUND', 'no agent of this host is connected here');
    for (const session of leaving) session.expel({ clusterId: session.clusterId, clusterEnded: true });
  }

  /** Those that have ended, and those that this host has left: nothing of them is to stay on it. */
  private get endedClusters(): string[] {
    return [...this.parts.store.view.endedClusters(), ...(this.parts.leftClusters ?? [])];
  }

  private redirect(stream: AgentStream, managerAddresses: readonly string[], leaveLock: Buffer | undefined): undefined {
    const { ownAvailability: availability = '' } = this.parts;
    const { endedClusters: endedClusterIds } = this;
    stream.write({ redirect: { managerAddresses: [...managerAddresses], endedClusterIds, availability, leaveLock } });
    stream.end();
  }

  /** There is no cluster. An agent that was away when one ended may still have its containers. */
  private sendAway(stream: AgentStream): undefined {
    const ended = this.endedClusters.at(-1);
    if (ended === undefined) throw new DomainError('UNAVAILABLE', 'there is no cluster yet: it has to be made (swarm init)');
    stream.write({ removed: { clusterId: ended, clusterEnded: true, endedClusterIds: this.endedClusters } });
    stream.end();
  }

  private turnAway(stream: AgentStream, { nodeId, description }: Hello, clusterId: string): undefined {
    this.parts.logger.warn({ nodeId, hostname: description?.hostname }, 'a node that was removed is turned away');
    stream.write({ removed: { clusterId, clusterEnded: false, endedClusterIds: [] } });
    stream.end();
  }

  /** Agents hear of networks before they hear of tasks: both are sent at the end of this turn, assignments after this. */
  private onChanges(changes: readonly ViewChange[]): void {
    const addresses = this.addresses.follow(changes);
    for (const change of changes) this.onChange(change);
    this.addresses.endSuperseded(addresses, (nodeId) => this.sessions.of(nodeId));
    if (changes.some((change) => this.directory.concerns(change))) this.updateNetworks();
  }

  /** Tells agents what is different now in what they have to know of networks. */
  updateNetworks(): void {
    this.directory.forget();
    for (const session of this.sessions.all()) session.updateNetworks();
  }

  private onChange(change: ViewChange): void {
    if (change.kind === 'task') for (const nodeId of change.nodeIds) this.sessions.of(nodeId)?.touch();
    if (change.kind === 'credentials') this.touchTasksOf(change.serviceId);
    if (change.kind === 'cluster' || change.kind === 'everything') this.onCluster();
    if (change.kind === 'everything') for (const session of this.sessions.all()) this.onRebuiltView(session);
    if (change.kind === 'node' && !this.parts.store.view.node(change.id)) this.expel(change.id);
  }

  /** The cluster was left, or is another one, or its agents are to send heartbeats at other times. */
  private onCluster(): void {
    const cluster = this.parts.store.view.cluster();
    for (const session of this.sessions.all()) {
      const { clusterId } = session;
      if (clusterId !== '' && clusterId !== cluster?.id) session.expel({ clusterId, clusterEnded: true });
    }
    const periodMs = this.heartbeatPeriodMs;
    if (periodMs === this.liveness.periodMs) return;
    this.liveness.setPeriod(periodMs, monotonicMs());
    for (const session of this.sessions.all()) session.end('the heartbeat period has changed');
  }

  private get heartbeatPeriodMs(): number {
    const nanos = this.parts.store.view.cluster()?.spec?.dispatcher?.heartbeatPeriod ?? 0;
    return nanos > 0 ? Math.max(1, Math.round(nanos / NANOS_PER_MS)) : this.parts.heartbeatPeriodMs;
  }

  private onRebuiltView(session: AgentSession): void {
    if (this.parts.store.view.wasRemoved(session.nodeId)) this.expel(session.nodeId);
    else session.touch();
  }

  private expel(nodeId: string): void {
    const { view } = this.parts.store;
    const session = this.sessions.of(nodeId);
    if (view.wasRemoved(nodeId)) session?.expel({ clusterId: view.cluster()?.id ?? '', clusterEnded: false });
    else session?.end('the node is not recorded any more');
  }

  private touchTasksOf(serviceId: string): void {
    for (const { nodeId } of this.parts.store.view.tasksOfService(serviceId)) this.sessions.of(nodeId)?.touch();
  }

  private lookForLostNodes(): void {
    const now = monotonicMs();
    if (this.parts.store.isSynced()) this.sightedAt = now;
    else {
      if (now - this.sightedAt > BLIND_LIMIT_MS)
        for (const session of this.sessions.all()) session.end('this manager cannot reach etcd');
      // Nothing could be recorded, and agents that were sent away need time to come back.
      return this.liveness.postpone(now);
    }
    this.expectOwnNodes();
    for (const { nodeId, reason } of this.liveness.tick(monotonicMs(), LIVENESS_PERIOD_MS)) {
      this.recorder.lost(nodeId, this.parts.managerId, reason).catch((error: unknown) => {
        this.parts.logger.warn({ nodeId, reason: messageOf(error) }, 'could not record that the node is down, will retry');
      });
    }
  }
}

/** Ends the stream with the error. */
function refuse(stream: AgentStream, error: unknown): void {
  stream.emit('error', grpcFailure(error, ...TOLD_TO_AGENTS));
}
