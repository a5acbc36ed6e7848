/** Values by name. Without one, the value is that of the environment swarmctl runs in. */
export type NameValues = Readonly<Record<string, string | null>>;

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  readonly format?: string;
}

/** What has to hold of a service before one that depends on it is deployed. */
export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface Dependency {
  readonly condition: Condition;
  readonly required: boolean;
  /** Its tasks are replaced when those of the other are. */
  readonly restart: boolean;
}

export interface ComposePort {
  readonly name?: string;
  readonly target: number;
  /** A number, or a range of them. */
  readonly published?: string;
  readonly protocol: string;
  readonly mode: string;
  readonly host_ip?: string;
}

export interface ComposeVolumeMount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: {
    readonly propagation?: string;
    readonly create_host_path?: boolean;
    readonly recursive?: string;
    readonly selinux?: string;
  };
  readonly volume?: { readonly nocopy?: boolean; readonly subpath?: string; readonly labels?: NameValues };
  readonly tmpfs?: { readonly size?: number; readonly mode?: number };
  readonly image?: { readonly subpath?: string };
}

/** A secret or a config in a service. */
export interface FileUse {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: number;
}

export interface Healthcheck {
  readonly disable?: boolean;
  readonly test?: readonly string[];
  readonly interval?: string;
  readonly timeout?: string;
  readonly start_period?: string;
  readonly start_interval?: string;
  readonly retries?: number;
}

export interface RolloutConfig {
  readonly parallelism?: number;
  readonly delay?: string;
  readonly failure_action?: string;
  readonly monitor?: string;
  readonly max_failure_ratio?: string;
  readonly order?: string;
}

export interface Deploy {
  readonly mode?: string;
  readonly endpoint_mode?: string;
  readonly replicas?: number;
  readonly labels?: NameValues;
  readonly update_config?: RolloutConfig;
  readonly rollback_config?: RolloutConfig;
  readonly resources?: {
    readonly limits?: { readonly cpus?: string; readonly memory?: string; readonly pids?: number };
    readonly reservations?: {
      readonly cpus?: string;
      readonly memory?: string;
      readonly generic_resources?: readonly {
        readonly discrete_resource_spec?: { readonly kind: string; readonly value: string };
      }[];
    };
  };
  readonly restart_policy?: {
    readonly condition?: string;
    readonly delay?: string;
    readonly max_attempts?: number;
    readonly window?: string;
  };
  readonly placement?: {
    readonly constraints?: readonly string[];
    readonly preferences?: readonly { readonly spread?: string }[];
    readonly max_replicas_per_node?: number;
  };
}

/** A service of a compose file, every value in its long form. Keys are those of the specification. */
export interface ComposeService {
  readonly image?: string;
  readonly command?: readonly string[] | null;
  readonly entrypoint?: readonly string[] | null;
  readonly environment?: NameValues;
  readonly env_file?: readonly EnvFile[];
  readonly labels?: NameValues;
  readonly label_file?: readonly string[];
  readonly depends_on?: Readonly<Record<string, Dependency>>;
  readonly deploy?: Deploy;
  readonly ports?: readonly ComposePort[];
  readonly volumes?: readonly ComposeVolumeMount[];
  readonly secrets?: readonly FileUse[];
  readonly configs?: readonly FileUse[];
  readonly networks?: Readonly<
    Record<string, { readonly aliases?: readonly string[]; readonly driver_opts?: NameValues } | null>
  >;
  readonly network_mode?: string;
  readonly healthcheck?: Healthcheck;
  readonly logging?: { readonly driver?: string; readonly options?: NameValues };
  readonly profiles?: readonly string[];
  readonly ulimits?: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly sysctls?: NameValues;
  readonly extra_hosts?: Readonly<Record<string, readonly string[]>>;
  readonly credential_spec?: { readonly config?: string; readonly file?: string; readonly registry?: string };
  readonly tmpfs?: readonly string[];
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly group_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly hostname?: string;
  readonly user?: string;
  readonly working_dir?: string;
  readonly stop_signal?: string;
  readonly stop_grace_period?: string;
  readonly init?: boolean;
  readonly tty?: boolean;
  readonly stdin_open?: boolean;
  readonly read_only?: boolean;
  readonly oom_score_adj?: number;
  readonly isolation?: string;
  readonly platform?: string;
  readonly restart?: string;
  readonly scale?: number;
  readonly cpus?: string;
  readonly mem_limit?: string;
  readonly mem_reservation?: string;
  readonly memswap_limit?: string;
  readonly mem_swappiness?: string;
  readonly pids_limit?: number;
}

export interface ComposeNetwork {
  readonly name?: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: NameValues;
  readonly ipam?: {
    readonly driver?: string;
    readonly options?: NameValues;
    readonly config?: readonly {
      readonly subnet?: string;
      readonly ip_range?: string;
      readonly gateway?: string;
      readonly aux_addresses?: NameValues;
    }[];
  };
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: NameValues;
}

export interface ComposeVolume {
  readonly name?: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: NameValues;
  readonly labels?: NameValues;
}

/** A secret or a config of a compose file. */
export interface ComposeFile {
  readonly name?: string;
  readonly external?: boolean;
  readonly file?: string;
  readonly environment?: string;
  readonly content?: string;
  readonly labels?: NameValues;
  readonly driver?: string;
  readonly driver_opts?: NameValues;
  readonly template_driver?: string;
}

/** All of the compose files of a stack, merged, every value in its long form. */
export interface ComposeModel {
  readonly name?: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, ComposeVolume>>;
  readonly secrets: Readonly<Record<string, ComposeFile>>;
  readonly configs: Readonly<Record<string, ComposeFile>>;
}
