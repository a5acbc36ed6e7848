import type { FileMount } from '../payloads/file-host';
import type { EngineAttachment } from './overlay-engine';
import type { NodeDescription, PortConfig, Task } from '#common/proto';

/** Where a container is in its life. A paused container counts as running: its process is still there. */
export type ContainerPhase = 'created' | 'running' | 'exited';

/** `none`: the container has no healthcheck, or it is paused, so that nothing can be said. */
export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** What the engine says of one container, in the moment when it was asked. */
export interface ObservedContainer {
  readonly id: string;
  readonly phase: ContainerPhase;
  readonly health: ContainerHealth;
  /** Process id on the host; 0 unless running. */
  readonly pid: number;
  /** 0 unless exited. */
  readonly exitCode: number;
  /** When it was last started, in the engine's own words: another text is another run. */
  readonly startedAt: string;
  /** How long it ran before it exited, by the engine's clock; 0 unless exited. */
  readonly ranMs: number;
  /** The engine's own words about why the container could not start or was ended; usually ''. */
  readonly error: string;
  readonly outOfMemory: boolean;
  /** Ports of the host that lead to the container, as the engine really bound them. */
  readonly ports: readonly PortConfig[];
  /** How long the container may take to end after its stop signal. */
  readonly graceMs: number;
}

/** A container that this node's agent made, as the engine's list shows it. */
export interface ListedContainer {
  readonly id: string;
  readonly taskId: string;
  /** Cluster for which it was made: a node may have been in another one before. */
  readonly clusterId: string;
  readonly phase: ContainerPhase;
  readonly health: ContainerHealth;
}

/** What the engine's event stream tells. `listening`: from here on nothing is missed, but before it anything may have been. */
export type ContainerEvent =
  | { readonly kind: 'listening' }
  | {
      readonly kind: 'phase';
      readonly taskId: string;
      readonly clusterId: string;
      readonly containerId: string;
      readonly phase: ContainerPhase | 'absent';
    }
  | {
      readonly kind: 'health';
      readonly taskId: string;
      readonly clusterId: string;
      readonly containerId: string;
      readonly health: ContainerHealth;
    };

/** What may happen while a container is made. */
export interface Preparation {
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Hears, in words for people, how far a pull is: when that changes, at most once per second. */
  readonly tell: (progress: string) => void;
  /** What the registry is told for a pull, in the form of the X-Registry-Auth header. Not to be kept or logged. */
  readonly registryAuth?: string;
  /** The container's places on overlay networks. */
  readonly attachments?: readonly EngineAttachment[];
  /** Files of the host that the container sees: its secrets and configs. */
  readonly files?: readonly FileMount[];
}

/**
 * What the agent needs of a container engine. Every call may be repeated and every call ends: it has a deadline of its own.
 * All of them throw DomainError: UNAVAILABLE or DEADLINE_EXCEEDED when the engine does not answer, INTERNAL when it says that it
 * failed, RESOURCE_EXHAUSTED when a disk is full, CANCELLED when the signal ended the work. Further codes are named at each call.
 */
export interface Executor {
  /** Resolves when the engine answers; the deadline is below a heartbeat's period. */
  ping(): Promise<void>;

  /** The engine's platform, resources, version, labels and plugins. */
  describe(): Promise<NodeDescription>;

  /**
   * Makes the task's container, pulling the image when it is missing; those who need the same image share one pull. A container that this task already has is adopted.
   * @throws DomainError INVALID_ARGUMENT the engine refuses the spec · FAILED_PRECONDITION the image is not to be had ·
   *   UNIMPLEMENTED the spec needs what this agent or engine cannot do · ALREADY_EXISTS somebody else's container has the name
   */
  prepare(task: Task, clusterId: string, preparation: Preparation): Promise<ObservedContainer>;

  /** Starts the container; one that runs is left as it is. @throws DomainError NOT_FOUND · INVALID_ARGUMENT */
  start(containerId: string, signal: AbortSignal): Promise<ObservedContainer>;

  /** Undefined when there is no such container. */
  inspect(containerId: string): Promise<ObservedContainer | undefined>;

  /** The task's container, by its name; undefined when there is none or when the name is somebody else's. */
  find(task: Task): Promise<ObservedContainer | undefined>;

  /** Sends the stop signal and resolves when the container has ended, after `graceMs` by force. One that is gone counts as ended. */
  stop(container: ObservedContainer): Promise<void>;

  /** Removes the container, by force if it runs, with its anonymous volumes. One that is gone counts as removed. */
  remove(containerId: string): Promise<void>;

  /** Every container, in any phase, that this node's agent made, and nothing else. */
  list(): Promise<ListedContainer[]>;

  /** Events of the same containers, first of all `listening`. Throws when the stream breaks; ends when the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<ContainerEvent>;
}
