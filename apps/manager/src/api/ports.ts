import type { Trust } from './render/render-node';
import type { Engines } from './engine/engines';
import type { EventLog } from './events/event-log';
import type { Distribution, RegistryLogin, SubnetPool } from '#common/domain';
import type { Logger } from '#common/logging';
import type {
  Node,
  Platform,
  Service,
  ServiceRevision,
  SwarmInitRequest,
  SwarmJoinRequest,
  SwarmSpec,
  Task,
} from '#common/proto';
import type { ClusterView, CommitOptions, Guard, Revision, StoreSpace, Vault, ViewChange, Write } from '#common/store';

export type { EnginePlace, Engines } from './engine/engines';

/** What the API needs of the store. */
export interface ApiStore {
  readonly view: ClusterView;

  /** Whether the view may be shown: loaded, and in touch with etcd. */
  isSynced(): boolean;

  /**
   * All writes or none; when it resolves, `view` shows them.
   * @throws DomainError ABORTED a guard failed · TOO_LARGE · RESOURCE_EXHAUSTED · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  commit(guards: Guard[], writes: Write[], options?: CommitOptions): Promise<Revision>;

  /** How much of etcd's space is used. */
  readonly space: Pick<StoreSpace, 'usage' | 'promise'>;

  /** Calls `listener` after each change of the view. Returns how to stop it. */
  onChange(listener: (changes: ViewChange[]) => void): () => void;

  /** What a service was like, newest first; only the newest is in the view. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  revisions(service: Service): Promise<ServiceRevision[]>;
}

/** The machine and program that answer `/info` and `/version`. */
export interface HostFacts {
  /** Id of this manager process, used where no agent runs beside it. */
  readonly managerId: string;
  readonly hostname: string;
  /** host:port that agents and other managers use. */
  readonly address: string;
  readonly version: string;
  readonly gitCommit: string;
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  /** As the kernel names it: x86_64, aarch64. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly heartbeatPeriodNanos: number;
  /** Where the subnets of networks come from that name none. */
  readonly subnetPool: SubnetPool;
}

/** Where `/metrics` comes from; prom-client's Registry is one. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Whether a task is what its service asks for now. */
export type UpToDate = (task: Task, service: Service, node: Node | undefined) => boolean;

/** What would become of one slot of a service. */
export interface PlannedTask {
  slot: number;
  action: 'start' | 'stop' | 'replace' | 'move' | 'keep' | 'wait';
  /** Nodes; empty where there is none. */
  from: string;
  to: string;
  reason: string;
}

/** Tells what would happen, without doing it. */
export interface Planner {
  plan(service: Service): Promise<PlannedTask[]>;
  /** The first moves of a rebalancing, at most `limit`, and never more than are decided in little time. */
  moves(service: Service, limit: number): { taskId: string; slot: number; from: string; to: string }[];
}

/** What a node says to a task that is to be placed. */
export interface NodeVerdict {
  readonly nodeId: string;
  readonly admitted: boolean;
  /** Name of the filter that refuses. */
  readonly filter?: string;
  readonly reason?: string;
}

/** What each node that the task might go to would say, if it were to be placed now. */
export type ExplainTask = (task: Task) => readonly NodeVerdict[];

/** What a registry says of an image, in full. */
export interface ImageDescription extends Distribution {
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly platforms: readonly ImagePlatform[];
}

/** What an image was built for; empty fields are not given. */
export interface ImagePlatform extends Platform {
  readonly variant: string;
  readonly osVersion: string;
  readonly osFeatures: readonly string[];
}

/** Asks the registries that images come from. */
export interface ImageRegistry {
  /**
   * Asks for the image's tag or digest. Ends in time.
   * @param image as people write it
   * @throws DomainError INVALID_ARGUMENT no valid reference · NOT_FOUND · UNAUTHENTICATED · PERMISSION_DENIED ·
   *   RESOURCE_EXHAUSTED too many requests · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  inspect(image: string, login: RegistryLogin | undefined): Promise<ImageDescription>;
}

/** What a change of the cluster is to make anew. */
export interface Rotations {
  readonly workerToken: boolean;
  readonly managerToken: boolean;
  readonly managerUnlockKey: boolean;
}

/** The cluster that this manager is part of, or is not yet. */
export interface Membership {
  /** @throws DomainError UNAVAILABLE there is one already · INVALID_ARGUMENT · UNIMPLEMENTED */
  init(request: SwarmInitRequest): Promise<void>;
  /** @throws DomainError ABORTED the version is not the newest · INVALID_ARGUMENT · UNIMPLEMENTED */
  update(version: number, spec: SwarmSpec, rotations: Rotations): Promise<void>;
  /** Ends the cluster. @throws DomainError UNAVAILABLE · FAILED_PRECONDITION */
  leave(force: boolean): Promise<void>;
  /** What this host is in its cluster, if there is one; whoever is locked has to be unlocked first, and who has other keys is nothing. */
  standing(): 'manager' | 'worker' | 'locked' | 'keyless';
  /** Whether the cluster is one of other hosts: it can be left without a look at its state. */
  hasJoined(): boolean;
  /** Of a worker: its node, once its agent was heard of, and where its managers are (host:port). */
  asWorker(): { readonly nodeId: string | undefined; readonly managers: readonly string[] };
  /** @throws DomainError UNAVAILABLE it is in a cluster, or no manager answers · INVALID_ARGUMENT · FAILED_PRECONDITION · UNIMPLEMENTED */
  join(request: SwarmJoinRequest): Promise<void>;
  /** @throws DomainError INVALID_ARGUMENT · UNAUTHENTICATED it is not the key · ALREADY_EXISTS it is not locked · UNAVAILABLE no cluster */
  unlock(unlockKey: string): void;
  /** What managers have to be told after a restart; empty while they are not locked. @throws DomainError as `tokens` */
  unlockKey(): string;
  /** @throws DomainError UNAVAILABLE there is no cluster · FAILED_PRECONDITION its secrets cannot be read here */
  tokens(): { readonly worker: string; readonly manager: string };
  /** The cluster's root certificate; the same object for as long as it is the same. */
  trust(): Trust;
}

/** Everything that the API is given. */
export interface ApiDependencies {
  readonly store: ApiStore;
  readonly host: HostFacts;
  readonly metrics: MetricsSource;
  readonly isUpToDate: UpToDate;
  readonly planner: Planner;
  readonly explainTask: ExplainTask;
  readonly images: ImageRegistry;
  readonly membership: Membership;
  readonly engines: Engines;
  /** What happened to the objects of the cluster. */
  readonly events: EventLog;
  /** Seals what is not to be read in the store. */
  readonly vault: Vault;
  /** Milliseconds that a request waits for the cluster's state to come into sight before it is refused. */
  readonly storePatienceMs: number;
  readonly logger: Logger;
}

/** Injection token of ApiDependencies. */
export const API_DEPENDENCIES = Symbol('ApiDependencies');
