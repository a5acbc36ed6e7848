import { DEFAULT_TASK_HISTORY_LIMIT } from '#common/domain';
import type { Cluster, ManagerPresence } from '#common/proto';
import type { ClusterView } from '#common/store';
import { API_VERSION, MIN_API_VERSION } from './http/negotiate-version';
import type { HostFacts } from './ports';
import { versionJson, ZERO_TIME, type JsonObject } from './render/json-parts';

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

/** Body of `/info`. Figures of containers and images are an engine's, and there is none behind this address. */
export function infoDescription(host: HostFacts, view: ClusterView, storeError: string): JsonObject {
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
    Name: host.hostname,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: host.version,
    Swarm: swarmDescription(host, view, storeError),
    SecurityOptions: [],
    Warnings: null,
  };
}

/** Body of `/swarm`, and part of `/info`. */
export function clusterDescription(host: HostFacts, cluster: Cluster): JsonObject {
  return {
    ID: cluster.id,
    Version: versionJson(cluster.version),
    CreatedAt: cluster.createdAt || ZERO_TIME,
    UpdatedAt: cluster.updatedAt || ZERO_TIME,
    Spec: {
      Name: 'default',
      Labels: {},
      Orchestration: { TaskHistoryRetentionLimit: DEFAULT_TASK_HISTORY_LIMIT },
      Raft: {},
      Dispatcher: { HeartbeatPeriod: host.heartbeatPeriodNanos },
      CAConfig: {},
      TaskDefaults: {},
      EncryptionConfig: { AutoLockManagers: false },
    },
    TLSInfo: {},
    RootRotationInProgress: false,
    DefaultAddrPool: [host.subnetPool.base],
    SubnetSize: host.subnetPool.prefix,
    DataPathPort: 0,
  };
}

function swarmDescription(host: HostFacts, view: ClusterView, storeError: string): JsonObject {
  const managers = view.managers();
  const cluster = view.cluster();
  return {
    NodeID: nodeBeside(view, host.address) ?? host.managerId,
    NodeAddr: hostOf(host.address),
    LocalNodeState: storeError === '' ? 'active' : 'error',
    ControlAvailable: true,
    Error: storeError,
    RemoteManagers: managers.map((manager) => remoteManager(view, manager)),
    Nodes: view.nodes().length,
    Managers: managers.length,
    ...(cluster && { Cluster: clusterDescription(host, cluster) }),
  };
}

function remoteManager(view: ClusterView, { id, agentAddress }: ManagerPresence): JsonObject {
  return { NodeID: nodeBeside(view, agentAddress) ?? id, Addr: agentAddress };
}

/** The node whose agent sits beside the manager of this address: to Docker's clients the two are one. */
function nodeBeside(view: ClusterView, managerAddress: string): string | undefined {
  return view.nodes().find((node) => node.managerStatus?.addr === managerAddress)?.id;
}

function hostOf(address: string): string {
  const colon = address.lastIndexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
}
