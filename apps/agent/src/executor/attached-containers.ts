/** A container that somebody else made, as far as its place on networks goes. */
export interface AttachedContainer {
  readonly isRunning: boolean;
  /** Names of the engine's networks that it is on, also while it does not run. */
  readonly networks: readonly string[];
}

/** Containers of this host that are no tasks. */
export interface AttachedContainers {
  /** Undefined when there is no such container. @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED · INTERNAL */
  find(containerId: string): Promise<AttachedContainer | undefined>;
}
