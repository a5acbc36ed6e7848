import { join } from 'node:path';
import { delay, type ProcessGuard, supervise, untilAborted } from '#common/concurrency';
import type { Logger } from '#common/logging';
import { Assignments_Type, NetworkChanges } from '#common/dispatcher-proto';
import { ensurePrivateFolder } from '#common/files';
import { hostCommands, type BaseFilter } from '#common/packet-filter';
import type { AgentConfig } from './agent-config';
import { DnsServer } from './dns/dns-server';
import { undescribedNode } from './executor/docker/describe-node';
import { DockerAdapter } from './executor/docker/docker-adapter';
import { DockerAttachedContainers } from './executor/docker/docker-attached-containers';
import { DockerNetworks } from './executor/docker/docker-networks';
import { EngineClient } from './executor/docker/engine-client';
import { StartPlaces } from './executor/docker/start-places';
import { EngineHealth } from './executor/engine-health';
import { NodeDescriber } from './executor/node-describer';
import { describeNetworking, probeNetworking, type HostAbilities } from './network/describe-networking';
import { toBaseNeeds } from './network/base-needs';
import { HostNetworks } from './network/host-networks';
import { DNS_PORT } from './network/nft-rules';
import { PortProxies } from './network/proxy/port-proxies';
import { StateFile } from './network/state-file';
import { rotateKeys } from './network/wireguard/key-rotation';
import { WireguardKeys } from './network/wireguard/wireguard-keys';
import { WireguardTunnel } from './network/wireguard/wireguard-tunnel';
import { MemoryFolder } from './payloads/memory-folder';
import { TaskFiles } from './payloads/task-files';
import { LeaveLock } from './leave-lock';
import { loadNodeId, nodeIdFile } from './node-id';
import { NodeKey } from './node-key';
import { ManagerPicker } from './session/manager-picker';
import { SessionLoop } from './session/session-loop';
import type { SessionParty } from './session/session-party';
import { AgentMetrics } from './monitoring/agent-metrics';
import { StatusServer } from './monitoring/status-server';
import { EngineTunnels } from './tunnel/engine-tunnels';
import { EngineWatch } from './worker/engine-watch';
import { StatusReporter } from './worker/status-reporter';
import { Worker, type WorkerEngine } from './worker/worker';

/** The hello should describe the node, but an engine that hangs must not keep the manager from hearing so. */
const FIRST_DESCRIPTION_MS = 1_000;

/** What an agent finds on its host before it starts. */
interface Findings {
  readonly nodeId: string;
  readonly nodeKey: NodeKey;
  readonly leaveLock: LeaveLock;
  readonly keys: WireguardKeys;
  readonly abilities: HostAbilities;
  /** The host's base rules, in place already. */
  readonly filter: BaseFilter;
}

/** One node's agent: a session with a manager on one side, the host's engine on the other. */
export class Agent {
  private readonly stopping = new AbortController();
  private readonly client: EngineClient;
  private readonly places: StartPlaces;
  private readonly health: EngineHealth;
  private readonly statuses = new StatusReporter();
  private readonly worker: Worker;
  private readonly networks: HostNetworks;
  private readonly filter: BaseFilter;
  private readonly files: TaskFiles;
  private readonly nodeId: string;
  private readonly nodeKey: NodeKey;
  private readonly leaveLock: LeaveLock;
  private readonly keys: WireguardKeys;
  private readonly watch: EngineWatch;
  private readonly describer: NodeDescriber;
  private readonly sessions: SessionLoop;
  private readonly tunnels: EngineTunnels;
  /** The cluster that the agent was part of last, if it has ended. */
  private endedCluster = '';
  /** With which its host has joined a cluster. */
  private availability = '';
  private metrics: AgentMetrics | undefined;
  private statusServer: StatusServer | undefined;

  private constructor(
    private readonly config: AgentConfig,
    { nodeId, nodeKey, leaveLock, keys, abilities, filter }: Findings,
    private readonly guard: ProcessGuard,
    private readonly logger: Logger,
  ) {
    this.nodeId = nodeId;
    this.nodeKey = nodeKey;
    this.leaveLock = leaveLock;
    this.keys = keys;
    this.filter = filter;
    const networking = () =>
      describeNetworking({ ...abilities, filterProblem: filter.problem }, keys.ring, this.networks.problems);
    const facts = { ...config, networking };
    this.client = new EngineClient(config.dockerSocket, {
      failed: () => this.health.suspect(),
      ended: (call, seconds, ok) => this.metrics?.observeCall(call, seconds, ok),
    });
    this.places = new StartPlaces(config.maxStarts);
    // The node is described with what its networks cannot have.
    this.networks = this.createNetworks();
    const executor = new DockerAdapter(this.client, this.places, nodeId, facts);
    this.health = new EngineHealth(executor, logger);
    const memory = new MemoryFolder(join(config.runtimeDir, nodeId));
    this.files = new TaskFiles(memory, () => this.describer.description.value);
    this.worker = new Worker(this.workerEngine(executor), this.statuses, logger);
    this.watch = new EngineWatch(executor, this.health, this.worker, logger);
    this.describer = new NodeDescriber(executor, this.health, undescribedNode(facts), logger);
    this.tunnels = new EngineTunnels(config.dockerSocket, logger);
    this.sessions = new SessionLoop(new ManagerPicker(config.managers), this.party(), logger);
  }

  /**
   * Starts an agent; it keeps trying to reach its engine and a manager for as long as it runs.
   * @param filter the host's base rules, in place already
   * @throws DomainError FAILED_PRECONDITION when the data directory holds no valid node id; errors of the file system or of listening
   */
  static async start(config: AgentConfig, filter: BaseFilter, guard: ProcessGuard, logger: Logger): Promise<Agent> {
    await ensurePrivateFolder(config.dataDir);
    await ensurePrivateFolder(config.runtimeDir);
    const findings = {
      filter,
      nodeId: await loadNodeId(config.dataDir),
      nodeKey: await NodeKey.load(config.dataDir),
      leaveLock: await LeaveLock.load(config.dataDir, logger),
      keys: await WireguardKeys.load(config.dataDir, new Date()),
      abilities: await probeNetworking(hostCommands, config.advertiseAddress, config.ingressMode),
    };
    const agent = new Agent(config, findings, guard, logger);
    await agent.run();
    return agent;
  }

  /** Ends the session and all work in progress. Containers run on. */
  stop(): void {
    this.stopping.abort();
    this.worker.halt();
    this.tunnels.close();
    this.statusServer?.close();
    this.client.close();
    this.logger.info('agent stopped');
  }

  private workerEngine(executor: DockerAdapter): WorkerEngine {
    return { executor, networks: this.networks, files: this.files, containers: new DockerAttachedContainers(this.client) };
  }

  private createNetworks(): HostNetworks {
    const { config, client, nodeId, keys, logger } = this;
    const host = { nodeId, address: config.advertiseAddress };
    return new HostNetworks({
      host,
      engine: new DockerNetworks(client),
      commands: hostCommands,
      tunnel: new WireguardTunnel({ host, commands: hostCommands, keys, dataDir: config.dataDir }),
      proxies: new PortProxies(host, logger),
      names: new DnsServer({ nodeId, state: () => this.networks.state, port: DNS_PORT, logger }),
      file: new StateFile(config.dataDir, logger),
      uplinks: () => this.filter.interfaces.uplinks.map(({ name }) => name),
      told: (state) => this.filter.update(toBaseNeeds(config, state)),
      onProblems: () => supervise(logger, 'node description', this.describer.refresh()),
      logger,
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { hostname, managers, statusListen } = this.config;
    if (statusListen !== undefined) await this.serveStatus(statusListen);
    this.health.error.onChange((error) => error === '' && this.engineReturned());
    // Before the session, whose first heartbeat says how the engine is.
    this.guard.mustRun('engine health', signal, this.health.run(signal));
    await Promise.race([this.describer.refresh(), delay(FIRST_DESCRIPTION_MS, signal)]);
    this.guard.mustRun('base rules', signal, this.keepBaseRules());
    this.guard.mustRun('networks', signal, this.networks.run(signal));
    this.guard.mustRun('keys of encrypted networks', signal, this.rotateKeys(signal));
    this.guard.mustRun('engine events', signal, this.watch.run(signal));
    this.guard.mustRun('node description', signal, this.describer.run(signal));
    this.guard.mustRun('manager session', signal, this.keepSession(signal));
    this.logger.info({ nodeId: this.nodeId, hostname, managers }, 'agent started');
  }

  /** An agent whose node was removed stays, without a session: see `leaveCluster`. */
  private async keepSession(signal: AbortSignal): Promise<void> {
    await this.sessions.run(signal);
    if (this.sessions.isRemoved) await untilAborted(signal);
  }

  private keepBaseRules(): Promise<void> {
    this.filter.listen({
      // Whoever removed these has hardly left the others.
      restored: () => this.networks.look(),
      moved: () => this.networks.hostMoved(),
      problemChanged: () => supervise(this.logger, 'node description', this.describer.refresh()),
    });
    return this.filter.run();
  }

  private rotateKeys(signal: AbortSignal): Promise<void> {
    const { keys, networks, nodeId, config, logger } = this;
    return rotateKeys(
      {
        keys,
        periodMs: config.keyPeriodMs,
        // Without the engine the node is not described, so the managers would not hear of a key.
        isInUse: () => networks.isEncrypting && this.health.error.value === '' && this.sessions.manager !== undefined,
        knownNext: () => networks.state.nodes.get(nodeId)?.networking?.nextWireguardKey,
        isTurn: () =>
          [...networks.state.nodes.values()].every(({ id, networking }) => id >= nodeId || !networking?.nextWireguardKey),
        used: (stop) => networks.untilKeyIsUsed(keys.ring.current.publicKey, stop),
        tell: () => this.describer.refresh(),
        logger,
      },
      signal,
    );
  }

  private engineReturned(): void {
    this.worker.retryNow();
    this.networks.look();
    this.watch.compareNow();
  }

  private party(): SessionParty {
    return {
      nodeId: this.nodeId,
      nodeKey: this.nodeKey,
      leaveLock: () => this.leaveLock.value,
      locked: (lock) => this.leaveLock.set(lock),
      advertiseAddress: this.config.advertiseAddress,
      availability: () => this.availability,
      description: this.describer.description,
      engineError: this.health.error,
      statuses: this.statuses,
      welcomed: (welcome) => {
        this.health.setPeriod(welcome.heartbeatPeriodMs);
        this.endedCluster = '';
        this.worker.joinCluster(welcome.clusterId, welcome.endedClusterIds);
      },
      parted: () => this.worker.partFromManager(),
      assigned: (message) => {
        this.worker.apply(message);
        // Only now can a container that belongs to no task be told from one whose task is yet to come.
        if (message.type === Assignments_Type.COMPLETE) this.watch.compareNow();
      },
      networksChanged: (changes) => this.networks.apply(changes),
      tunnelWanted: (address, tunnelId) => this.tunnels.open(address, tunnelId),
      redirected: ({ endedClusterIds, availability }) => {
        this.availability = availability;
        this.forgetClusters(endedClusterIds);
      },
      removed: ({ clusterId, clusterEnded, endedClusterIds }) => {
        this.availability = '';
        this.forgetClusters(clusterEnded ? [...endedClusterIds, clusterId] : endedClusterIds);
        this.leaveCluster(clusterId, clusterEnded);
      },
    };
  }

  /** Clusters have ended, or their host has left them: their containers go. A manager says so as often as it is asked. */
  private forgetClusters(clusterIds: readonly string[]): void {
    if (this.worker.forgetClusters(clusterIds)) this.watch.compareNow();
  }

  /** The node was removed: nothing of the cluster is to stay here. The agent remains, so that it can finish that and say so. */
  private leaveCluster(clusterId: string, isOver: boolean): void {
    // A manager that has no cluster says so as often as it is asked.
    if (isOver && clusterId === this.endedCluster) return;
    this.endedCluster = isOver ? clusterId : '';
    this.worker.joinCluster(clusterId);
    this.worker.apply({ type: Assignments_Type.COMPLETE, appliesTo: 0, resultsIn: 0, update: [], remove: [] });
    // Its containers are still those of a host that managers let in.
    const { controlPlane } = this.networks.state;
    this.networks.apply(NetworkChanges.fromPartial({ complete: true, controlPlane }));
    this.watch.compareNow();
    if (isOver) return this.logger.warn({ clusterId }, 'the cluster has ended; its containers are removed');
    this.logger.error(
      { nodeId: this.nodeId, clusterId },
      `this node was removed from the cluster; its containers are removed. To join as a new node: ${nodeIdFile(this.config.dataDir)} ` +
        'has to be deleted, and the agent started again',
    );
  }

  private async serveStatus(address: string): Promise<void> {
    this.metrics = new AgentMetrics(this.guard, {
      tasksByState: () => this.worker.countByState(),
      startsInFlight: () => this.places.inFlight,
      isEngineUp: () => this.health.error.value === '',
      isConnected: () => this.sessions.manager !== undefined,
    });
    this.statusServer = new StatusServer({
      registry: this.metrics.registry,
      troubles: () => this.troubles(),
      logger: this.logger,
    });
    await this.statusServer.listen(address);
  }

  private troubles(): string[] {
    const engine = this.health.error.value;
    const { manager, isRemoved } = this.sessions;
    const absence = isRemoved ? 'this node was removed from the cluster' : 'no session with a manager';
    return [...(engine === '' ? [] : [engine]), ...(manager === undefined ? [absence] : [])];
  }
}
