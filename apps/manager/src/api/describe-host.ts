import { completeSwarmSpec, KEYS_DO_NOT_FIT, SWARM_LOCKED, VXLAN_PORT } from '#common/domain';
import type { Cluster, ExternalCa, ManagerPresence, SwarmSpec } from '#common/proto';
import type { ClusterView } from '#common/store';
import { API_VERSION, MIN_API_VERSION } from './http/negotiate-version';
import type { HostFacts, Membership } from './ports';
import { trustJson, type Trust } from './render/render-node';
import { nonEmpty, versionJson, ZERO_TIME, type JsonObject } from './render/json-parts';

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Body of `/version`. */
export function versionDescription(host: HostFacts): JsonObject {
  const details = {
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: host.gitCommit,
    Os: 'linux',
    Arch: GO_ARCHITECTURES[host.architecture] ?? host.architecture,
    KernelVersion: host.kernelVersion,
  };
  return {
    Platform: { Name: 'swarmctl' },
    Components: [{ Name: 'Manager', Version: host.version, Details: details }],
    Version: host.version,
    ...details,
    GoVersion: '',
    BuildTime: '',
  };
}

/** Body of `/info`. Figures of containers and images are those of this host's engine, and zero without one. */
export function infoDescription(host: HostFacts, view: ClusterView, context: InfoContext): JsonObject {
  return {
    ID: host.managerId,
    Containers: 0,
    ContainersRunning: 0,
    ContainersPaused: 0,
    ContainersStopped: 0,
    Images: 0,
    Driver: '',
    DriverStatus: null,
    Plugins: { Volume: [], Network: [], Authorization: null, Log: [] },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    OomKillDisable: true,
    IPv4Forwarding: true,
    BridgeNfIptables: true,
    BridgeNfIp6tables: true,
    Debug: false,
    KernelVersion: host.kernelVersion,
    OperatingSystem: host.operatingSystem,
    OSType: 'linux',
    Architecture: host.architecture,
    NCPU: host.cpus,
    MemTotal: host.memoryBytes,
    Labels: [],
    ExperimentalBuild: false,
    SecurityOptions: [],
    Warnings: null,
    ServerVersion: host.version,
    ...context.engine,
    Name: host.hostname,
    Swarm: swarmDescription(host, view, context),
  };
}

/** Body of `/swarm`, and part of `/info`. */
export function clusterDescription(host: HostFacts, cluster: Cluster, trust: Trust): JsonObject {
  const { id, version, createdAt, updatedAt, spec, defaultAddrPool, subnetSize } = cluster;
  return {
    ID: id,
    Version: versionJson(version),
    CreatedAt: createdAt || ZERO_TIME,
    UpdatedAt: updatedAt || ZERO_TIME,
    Spec: specJson(spec),
    TLSInfo: trustJson(trust),
    RootRotationInProgress: false,
    DefaultAddrPool: defaultAddrPool.length > 0 ? defaultAddrPool : [...host.subnetPool.bases],
    SubnetSize: subnetSize || host.subnetPool.prefix,
    DataPathPort: VXLAN_PORT,
  };
}

function specJson(spec: SwarmSpec | undefined): JsonObject {
  const { name, labels, orchestration, raft, dispatcher, caConfig, taskDefaults, encryptionConfig } = completeSwarmSpec(spec);
  return {
    Name: name,
    Labels: labels,
    Orchestration: { TaskHistoryRetentionLimit: orchestration?.taskHistoryRetentionLimit },
    Raft: {
      SnapshotInterval: raft?.snapshotInterval,
      KeepOldSnapshots: raft?.keepOldSnapshots,
      LogEntriesForSlowFollowers: raft?.logEntriesForSlowFollowers,
      ElectionTick: raft?.electionTick,
      HeartbeatTick: raft?.heartbeatTick,
    },
    Dispatcher: { HeartbeatPeriod: dispatcher?.heartbeatPeriod },
    CAConfig: {
      NodeCertExpiry: caConfig?.nodeCertExpiry,
      ExternalCAs: nonEmpty((caConfig?.externalCas ?? []).map(externalCaJson)),
      ForceRotate: caConfig?.forceRotate || undefined,
    },
    TaskDefaults: taskDefaults?.logDriver
      ? { LogDriver: { Name: taskDefaults.logDriver.name, Options: taskDefaults.logDriver.options } }
      : {},
    EncryptionConfig: { AutoLockManagers: encryptionConfig?.autoLockManagers },
  };
}

function externalCaJson({ protocol, url, options, caCert }: ExternalCa): JsonObject {
  return { Protocol: protocol, URL: url, Options: Object.keys(options).length > 0 ? options : undefined, CACert: caCert };
}

function swarmDescription(host: HostFacts, view: ClusterView, context: InfoContext): JsonObject {
  const { storeError, standing, worker, trust } = context;
  if (standing === 'worker') return workerDescription(host, worker);
  if (standing === 'locked')
    return { ...INACTIVE, NodeAddr: hostOf(host.address), LocalNodeState: 'locked', Error: SWARM_LOCKED };
  if (standing === 'keyless')
    return { ...INACTIVE, NodeAddr: hostOf(host.address), LocalNodeState: 'error', Error: KEYS_DO_NOT_FIT };
  const managers = view.managers();
  const cluster = view.cluster();
  if (storeError === '' && !cluster) return INACTIVE;
  return {
    NodeID: nodeIdBeside(view, host.address) ?? host.managerId,
    NodeAddr: hostOf(host.address),
    LocalNodeState: storeError === '' ? 'active' : 'error',
    ControlAvailable: true,
    Error: storeError,
    RemoteManagers: managers.map((manager) => remoteManager(view, manager)),
    Nodes: view.nodes().length,
    Managers: managers.length,
    ...(cluster && { Cluster: clusterDescription(host, cluster, trust) }),
  };
}

/** As an engine that is part of no swarm says it. */
const INACTIVE: JsonObject = {
  NodeID: '',
  NodeAddr: '',
  LocalNodeState: 'inactive',
  ControlAvailable: false,
  Error: '',
  RemoteManagers: null,
};

/** What else `/info` tells of. */
export interface InfoContext {
  readonly storeError: string;
  readonly standing: ReturnType<Membership['standing']>;
  readonly worker: ReturnType<Membership['asWorker']>;
  readonly trust: Trust;
  /** What this host's engine says of itself; undefined without one. */
  readonly engine: JsonObject | undefined;
}

function workerDescription(host: HostFacts, { nodeId = '', managers }: InfoContext['worker']): JsonObject {
  return {
    ...INACTIVE,
    NodeID: nodeId,
    NodeAddr: hostOf(host.address),
    LocalNodeState: 'active',
    RemoteManagers: managers.map((Addr) => ({ NodeID: '', Addr })),
  };
}

function remoteManager(view: ClusterView, { id, agentAddress }: ManagerPresence): JsonObject {
  return { NodeID: nodeIdBeside(view, agentAddress) ?? id, Addr: agentAddress };
}

/** The node whose agent sits beside the manager of this address: to Docker's clients the two are one. */
export function nodeIdBeside(view: ClusterView, managerAddress: string): string | undefined {
  return view.nodes().find((node) => node.managerStatus?.addr === managerAddress)?.id;
}

function hostOf(address: string): string {
  const colon = address.lastIndexOf(':');
  return colon < 0 ? address : address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
}
