import type { Logger } from '#common/logging';
import type { Node, Service, ServiceRevision, Task } from '#common/proto';
import type { ClusterView, Guard, Revision, Write } from '#common/store';

/** What the API needs of the store. */
export interface ApiStore {
  readonly view: ClusterView;

  /** Whether the view may be shown: loaded, and in touch with etcd. */
  isSynced(): boolean;

  /**
   * All writes or none; when it resolves, `view` shows them.
   * @throws DomainError ABORTED a guard failed · TOO_LARGE · RESOURCE_EXHAUSTED · UNAVAILABLE · DEADLINE_EXCEEDED
   */
  commit(guards: Guard[], writes: Write[]): Promise<Revision>;

  /** What a service was like, newest first; its revisions are not in the view. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED */
  revisions(serviceId: string): Promise<ServiceRevision[]>;
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

/** What a registry says of an image. */
export interface Distribution {
  mediaType: string;
  digest: string;
  /** Bytes of the manifest. */
  size: number;
  platforms: { architecture: string; os: string; variant?: string }[];
}

/** Asks the registry of an image, with what a client sent as X-Registry-Auth. */
export interface Registry {
  /** @throws DomainError NOT_FOUND · PERMISSION_DENIED · FAILED_PRECONDITION it cannot be reached, or answers something else */
  inspect(image: string, auth: string | undefined): Promise<Distribution>;
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

/** Everything that the API is given. */
export interface ApiDependencies {
  readonly store: ApiStore;
  readonly host: HostFacts;
  readonly metrics: MetricsSource;
  readonly isUpToDate: UpToDate;
  readonly planner: Planner;
  readonly registry: Registry;
  readonly explainTask: ExplainTask;
  readonly logger: Logger;
}

/** Injection token of ApiDependencies. */
export const API_DEPENDENCIES = Symbol('ApiDependencies');
