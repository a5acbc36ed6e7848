import type { Duplex } from 'node:stream';
import { delay, supervise, type ProcessGuard } from '#common/concurrency';
import { Ticket } from '#common/dispatcher-proto';
import { KEYS_DO_NOT_FIT } from '#common/domain';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { BaseFilter } from '#common/packet-filter';
import type { ManagerPresence } from '#common/proto';
import { ClusterStore, EtcdStore, keys, type Vault } from '#common/store';
import { AllowedPeers } from './dispatcher/allowed-peers';
import { DispatcherServer } from './dispatcher/dispatcher.server';
import { takeOverNodes } from './dispatcher/node-takeover';
import { orphanTasks } from './dispatcher/orphan-tasks';
import { StatusInbox } from './dispatcher/status-inbox';
import { watchLeadership } from './leader/leader-election';
import { reconcilerLoop, runLeaderLoops } from './leader/leader-loops';
import { agentAddressOf, controlPlacesOf, type ManagerConfig } from './manager-config';
import type { ManagerMetrics } from './manager-metrics';
import { warnOfOpenEtcd } from './membership/etcd-credentials';
import { AdmissionServer } from './membership/admission.server';
import { ControlPlane } from './membership/control-plane';
import { ensureCluster } from './membership/ensure-cluster';
import type { SealingKeys } from './membership/sealing-keys';
import { SwarmMembership } from './membership/swarm-membership';
import type { JoinedClusters } from './membership/joined-cluster';
import { announceManager, type Announcement } from './membership/manager-presence';
import { ManagerRelay } from './tunnel/manager-relay';
import { TunnelServer } from './tunnel/tunnel.server';
import { StoreUpkeep } from './upkeep/keep-store';
import { ServiceReconciler } from './orchestrator/service.reconciler';

/** How long agents get to take leave when the manager stops. */
const STOP_TIMEOUT_MS = 2_000;
/** How often a manager that has never reached etcd says so. */
const FIRST_SYNC_TIMEOUT_MS = 10_000;
/** How often it is looked whether the sealing keys are still, or at last, those of the cluster. */
const KEYS_PERIOD_MS = 1_000;

export interface ManagerParts {
  config: ManagerConfig;
  managerId: string;
  sealingKeys: SealingKeys;
  /** Of clusters that this host was told to join. */
  joined: JoinedClusters;
  vault: Vault;
  metrics: ManagerMetrics;
  /** Of this host. */
  filter: BaseFilter;
  /** Makes this manager anew, and starts it. @throws DomainError UNAVAILABLE while the host joins or leaves a cluster */
  beginAnew: () => Promise<void>;
  guard: ProcessGuard;
  logger: Logger;
}

/** Everything of a manager but its HTTP API: the view, the streams, and the leader's work while this manager leads. */
export class Manager {
  readonly store: ClusterStore;
  readonly membership: SwarmMembership;
  private readonly etcd: EtcdStore;
  private readonly inbox: StatusInbox;
  private readonly upkeep: StoreUpkeep;
  private readonly controlPlane: ControlPlane;
  private readonly dispatcher: DispatcherServer;
  private readonly relay: ManagerRelay;
  private readonly tunnels: TunnelServer;
  private readonly stopping = new AbortController();
  private leading: Promise<void> = Promise.resolve();
  private announced: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ManagerParts) {
    const { config, managerId, sealingKeys, vault, metrics, logger } = parts;
    this.etcd = new EtcdStore({ hosts: config.etcd, tls: config.etcdTls, prefix: config.etcdPrefix });
    this.store = new ClusterStore(this.etcd, logger, config.etcdQuotaBytes);
    const { store, etcd: objects } = this;
    this.membership = new SwarmMembership({
      managerId,
      store,
      objects,
      sealingKeys,
      vault,
      defaultPool: config.subnetPool,
      logger,
    });
    this.inbox = new StatusInbox(this.store, logger, (count, seconds) => metrics.statusesStored(count, seconds));
    metrics.observeDrops(this.inbox.dropped);
    store.space.onFullChange(({ isFull, ...usage }) => {
      if (isFull) logger.error(usage, 'etcd is full (alarm NOSPACE): it takes removals only, until there is space again');
      else logger.info(usage, 'etcd has space again');
    });
    this.upkeep = new StoreUpkeep({ maintenance: this.etcd.maintenance, store, managerId, logger });
    this.controlPlane = new ControlPlane({
      etcd: this.etcd,
      own: controlPlacesOf(config),
      networks: config.agentNetwork,
      store: this.store,
      filter: parts.filter,
      changed: () => this.dispatcher.updateNetworks(),
      logger,
    });
    this.relay = new ManagerRelay(vault);
    this.tunnels = new TunnelServer({
      ask: (nodeId, tunnelId) => this.dispatcher.askForTunnel(nodeId, tunnelId),
      holderOf: (nodeId) => this.holderOf(nodeId),
      relay: this.relay,
    });
    this.dispatcher = this.createDispatcher();
    const isLeader = (): boolean => this.store.view.leader()?.managerId === managerId;
    metrics.observe(this.store, () => this.dispatcher.sessions.size, isLeader);
  }

  private createDispatcher(): DispatcherServer {
    const { config, managerId, vault, joined, logger } = this.parts;
    const admission = new AdmissionServer({
      cluster: () => this.membership.admitting(),
      ticketFor: (role) => this.ticketFor(role),
      letGo: (leaveKey) => this.dispatcher.letGo(leaveKey),
    });
    return new DispatcherServer({
      managerId,
      ownAddress: config.advertiseAddr,
      controlPlane: () => this.controlPlane.message,
      store: this.store,
      inbox: this.inbox,
      peers: new AllowedPeers(config.agentNetwork),
      heartbeatPeriodMs: config.heartbeatPeriodMs,
      vault,
      redirectTo: this.isWorker ? joined.joined?.managers : undefined,
      ownAvailability: joined.joined?.availability,
      leftClusters: joined.left,
      sawOwnNode: (nodeId, nodeKey) => supervise(logger, 'note of the own node', joined.sawNode(nodeId, nodeKey)),
      leaveLock: () => joined.leaveLock,
      addServices: (server, prove) => {
        this.tunnels.addTo(server, prove);
        admission.addTo(server);
      },
      logger,
    });
  }

  /** Whether this host has joined a cluster as a worker: its managers are elsewhere. */
  get isWorker(): boolean {
    return this.parts.joined.joined?.role === 'worker';
  }

  /** host:port of the managers that are known. */
  managerAddresses(): string[] {
    const { joined } = this.parts.joined;
    const seen = this.store.view.managers().map(({ agentAddress }) => agentAddress);
    return [...new Set([...seen, ...(joined?.managers ?? [])])];
  }

  /** A connection to the node's engine. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  connectToEngine(nodeId: string): Promise<Duplex> {
    return this.tunnels.open(nodeId);
  }

  /**
   * Starts in order: the view, the leader's work, the streams. Resolves when agents can connect; waits for etcd, and for the unlock key
   * of a locked manager, as long as it takes.
   */
  async start(): Promise<void> {
    const { guard } = this.parts;
    const { signal } = this.stopping;
    this.parts.filter.listen({ moved: () => this.updateControlPlane() });
    await this.controlPlane.apply();
    if (this.isWorker) return this.dispatcher.listen(this.parts.config.agentListen);
    warnOfOpenEtcd(this.parts.config.etcd, this.parts.logger);
    guard.mustRun('view', signal, this.store.run(signal));
    await this.untilEtcdAnswers();
    await this.untilKeysFit();
    if (signal.aborted) return;
    this.watchKeys(signal);
    this.membership.followLock(signal);
    this.announced = announceManager(this.announcement(keys.manager), signal);
    this.leading = this.lead(signal);
    guard.mustRun('presence', signal, this.announced);
    guard.mustRun('leader loops', signal, this.leading);
    guard.mustRun("etcd's upkeep", signal, this.upkeep.run(signal));
    await this.controlPlane.refresh();
    if (signal.aborted) return;
    guard.mustRun('control plane addresses', signal, this.controlPlane.run(signal));
    await this.dispatcher.listen(this.parts.config.agentListen);
  }

  /** Stops in reverse order. Containers run on; another manager, or this one when it is back, takes over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.dispatcher.close(STOP_TIMEOUT_MS);
    this.relay.close();
    this.inbox.close();
    await Promise.allSettled([this.leading, this.announced]);
    this.etcd.close();
  }

  private async untilEtcdAnswers(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        return await this.store.untilSynced(FIRST_SYNC_TIMEOUT_MS, signal);
      } catch {
        this.parts.logger.warn({ etcd: this.parts.config.etcd }, 'still waiting for etcd');
      }
    }
  }

  private updateControlPlane(): void {
    supervise(this.parts.logger, 'control plane addresses', this.controlPlane.apply());
  }

  /** What a host has to know that joins the cluster. */
  private async ticketFor(role: 'worker' | 'manager'): Promise<Ticket> {
    const { sealingKeys, config } = this.parts;
    const { view } = this.store;
    const clusterId = view.cluster()?.id ?? '';
    const managerAddresses = view.managers().map(({ agentAddress }) => agentAddress);
    if (role === 'worker') return Ticket.fromPartial({ clusterId, managerAddresses });
    const etcd = (await this.etcd.clientUrls()).filter((url) => !isLoopbackUrl(url));
    if (etcd.length === 0) {
      const problem = 'etcd of this cluster is announced on loopback only: no manager on another host could reach it';
      throw new DomainError('FAILED_PRECONDITION', `${problem} (etcd --advertise-client-urls)`);
    }
    return {
      ...{ clusterId, managerAddresses, isManager: true, etcd, etcdPrefix: config.etcdPrefix },
      currentSealingKey: sealingKeys.current,
      sealingKeys: Object.fromEntries(sealingKeys.keys),
      etcdCredentials: config.etcdTls,
    };
  }

  /** Where another manager takes calls, if that is the one which holds the node's stream. */
  private holderOf(nodeId: string): string | undefined {
    const { view } = this.store;
    if (this.dispatcher.sessions.of(nodeId)) return undefined;
    const holder = view.observedNode(nodeId)?.observed.managerId;
    return view.managers().find(({ id }) => id === holder && id !== this.parts.managerId)?.agentAddress;
  }

  /** Whoever has other keys than the cluster writes what nobody can read, and hands out what it cannot open: it takes no part. */
  private async untilKeysFit(): Promise<void> {
    const { sealingKeys, logger } = this.parts;
    const { signal } = this.stopping;
    await this.untilUnlocked();
    if (!this.membership.lacksKeys()) return;
    logger.error(KEYS_DO_NOT_FIT);
    while (!signal.aborted && this.membership.lacksKeys()) {
      await delay(KEYS_PERIOD_MS, signal);
      await sealingKeys
        .reload()
        .catch((error: unknown) => logger.error({ reason: messageOf(error) }, 'the sealing keys cannot be read'));
      await this.untilUnlocked();
    }
    if (!signal.aborted) logger.info("this manager has the cluster's keys now");
  }

  /** The cluster may become another one, made by a manager with other keys: then this one begins anew, and waits for the right ones. */
  private watchKeys(signal: AbortSignal): void {
    const { logger, beginAnew } = this.parts;
    let isBeginning = false;
    const look = (): void => {
      if (signal.aborted || isBeginning || !this.membership.lacksKeys()) return;
      isBeginning = true;
      logger.error(KEYS_DO_NOT_FIT);
      beginAnew().catch(async (error: unknown) => {
        logger.warn({ reason: messageOf(error) }, 'the manager is not begun anew yet, will retry');
        await delay(KEYS_PERIOD_MS, signal);
        isBeginning = false;
        look();
      });
    };
    const unsubscribe = this.store.onChange(look);
    signal.addEventListener('abort', unsubscribe, { once: true });
    look();
  }

  private async untilUnlocked(): Promise<void> {
    const { sealingKeys, guard, logger } = this.parts;
    if (!sealingKeys.isLocked) return;
    logger.warn('this manager is locked: it waits for `swarm unlock`');
    const unlocked = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, unlocked.signal]);
    const announced = announceManager(this.announcement(keys.lockedManager), signal);
    guard.mustRun('presence while locked', signal, announced);
    await sealingKeys.untilUnlocked(this.stopping.signal);
    unlocked.abort();
    await announced;
    if (!sealingKeys.isLocked) logger.info('this manager is unlocked');
  }

  private lead(signal: AbortSignal): Promise<void> {
    const { config, logger, metrics, managerId, vault } = this.parts;
    const { store, etcd } = this;
    const services = new ServiceReconciler(store.view, logger, metrics);
    return runLeaderLoops(
      watchLeadership({ etcd, store, managerId, logger }, signal),
      {
        once: config.autoInit
          ? [ensureCluster(store, vault, { pool: config.subnetPool, heartbeatPeriodMs: config.heartbeatPeriodMs })]
          : [],
        loops: [reconcilerLoop(services, { store, logger, metrics }), takeOverNodes(store, logger), orphanTasks(store, logger)],
      },
      logger,
    );
  }

  private announcement(keyOf: (managerId: string) => string): Announcement {
    const { config, managerId, logger } = this.parts;
    const startedAt = new Date().toISOString();
    const unchanging = { id: managerId, hostname: config.hostname, agentAddress: agentAddressOf(config), startedAt };
    const presence = (): ManagerPresence => ({ ...unchanging, ...this.controlPlane.own });
    return { etcd: this.etcd, key: keyOf(managerId), presence, logger };
  }
}

function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
