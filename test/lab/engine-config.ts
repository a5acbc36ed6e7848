/** Where one host's engine keeps what. All paths are absolute. */
export interface EnginePaths {
  /** Short (unix sockets allow 107 bytes) and gone after a reboot: sockets, process ids, mounts of running containers. */
  readonly runDir: string;
  /** Images, containers, volumes. */
  readonly dataDir: string;
}

/** What distinguishes one host's engine from another's. */
export interface EngineSettings extends EnginePaths {
  /** Below which its containers' cgroups are, as `/swl1/n1`. */
  readonly cgroupParent: string;
  /** Address and subnet of the default bridge, as `172.17.11.1/24`. */
  readonly bridgeAddress?: string;
  /** An existing bridge to use instead of `docker0`. */
  readonly bridge?: string;
  /** Networks and registries that are spoken to without TLS. */
  readonly insecureRegistries?: readonly string[];
  /** Whether Docker's own swarm mode is to be used on it, which refuses engines whose containers outlive the daemon. */
  readonly swarmMode?: boolean;
}

/** Settings of a daemon.json, as `{ labels: ['zone=a'] }`. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/** Sockets and configuration files of an engine. */
export function engineFiles({ runDir }: EnginePaths) {
  return {
    dockerSocket: `${runDir}/docker.sock`,
    dockerPidFile: `${runDir}/docker.pid`,
    dockerConfig: `${runDir}/daemon.json`,
    containerdSocket: `${runDir}/containerd.sock`,
    containerdConfig: `${runDir}/containerd.toml`,
    containerdState: `${runDir}/containerd`,
  };
}

/** containerd's configuration. Without the Kubernetes plugin, which only costs time and memory here. */
export function containerdConfig(paths: EnginePaths): string {
  const { containerdSocket, containerdState } = engineFiles(paths);
  return `version = 2
root = "${paths.dataDir}/containerd"
state = "${containerdState}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${paths.dataDir}/containerd/opt"
`;
}

/** What dockerd is told by its environment. */
export function dockerdEnvironment({ swarmMode = false }: EngineSettings): Record<string, string> {
  // Without it swarm mode asks a registry for the image before every start, and there is none to ask.
  return swarmMode ? { DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: '1' } : {};
}

/**
 * dockerd's configuration. All of it stands in this file, so that nothing of the machine's own /etc/docker/daemon.json
 * can clash with a flag. Containers outlive the daemon (live-restore), except where that rules out swarm mode.
 * @param extra wins over everything else
 */
export function dockerdConfig(settings: EngineSettings, extra: EngineOptions = {}): string {
  const files = engineFiles(settings);
  return JSON.stringify({
    hosts: [`unix://${files.dockerSocket}`],
    pidfile: files.dockerPidFile,
    'data-root': `${settings.dataDir}/docker`,
    'exec-root': `${settings.runDir}/docker`,
    containerd: files.containerdSocket,
    'cgroup-parent': settings.cgroupParent,
    // systemd's driver, the default under cgroup v2, wants slice names and a running systemd.
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'live-restore': settings.swarmMode !== true,
    ip6tables: false, // newer engines would otherwise fill both firewalls
    'insecure-registries': settings.insecureRegistries ?? [],
    ...(settings.bridge === undefined ? { bip: settings.bridgeAddress } : { bridge: settings.bridge }),
    ...extra,
  });
}
