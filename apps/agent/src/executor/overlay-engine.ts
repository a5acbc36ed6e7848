import type { Task } from '#common/proto';

/** IPv6 addresses of a network. */
export interface Ipv6Subnet {
  readonly subnet: string;
  readonly gateway: string;
}

/** A network of the engine that carries an overlay network on this host. */
export interface EngineNetwork {
  readonly name: string;
  readonly networkId: string;
  /** Name of the bridge device. */
  readonly bridge: string;
  readonly subnet: string;
  readonly gateway: string;
  /** The same for IPv6, where the network has it. */
  readonly ipv6?: Ipv6Subnet;
  readonly mtu: number;
  /** Without a way to the outside. */
  readonly internal: boolean;
}

/** A container's place on one of the engine's networks. */
export interface EngineAttachment {
  readonly engineNetwork: string;
  /** Without prefix length. */
  readonly address: string;
  readonly ipv6Address?: string;
  readonly mac: string;
  /** Where it asks for names. */
  readonly gateway: string;
  /** The default route goes there. */
  readonly isDefaultRoute: boolean;
}

/** The engine's networks, as far as overlay networks are made of them. */
export interface OverlayEngine {
  /** Makes the network unless it is there. @throws DomainError when the engine refuses, as for an address range that it uses already */
  ensureNetwork(network: EngineNetwork): Promise<void>;
  /** Removes the network. One that is gone counts as removed. @throws DomainError FAILED_PRECONDITION while containers are on it */
  removeNetwork(name: string): Promise<void>;
  /** Names of all networks that were made so, by overlay network. */
  listNetworks(): Promise<ReadonlyMap<string, EngineNetwork>>;
}

/** The host's overlay networks, as tasks see them. */
export interface NetworkHost {
  /** Waits until the host has the task's networks. @throws DomainError UNAVAILABLE saying why that is not yet so */
  attach(task: Task, signal: AbortSignal): Promise<readonly EngineAttachment[]>;
  /** The task's container was started: its ports on the networks are there. */
  started(task: Task): void;
  /** Whether others may call the task by way of the networks: it is on some, and its service is still there. */
  isCalled(task: Task): boolean;
}
