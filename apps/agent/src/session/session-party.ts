import type { Assignments, NetworkChanges, Redirect, Removed, Welcome } from '#common/dispatcher-proto';
import type { NodeDescription } from '#common/proto';
import type { ObservedValue } from '../observed-value';
import type { StatusSource } from './outbox';

/** Statuses that a session sends. */
export interface SessionStatuses extends StatusSource {
  /** Calls the listener, in place of the one before, whenever there is something to take. */
  onUnsent(listener: () => void): void;
  /** Makes every newest status unsent. */
  resendAll(): void;
}

/** The agent as a session sees it: what it has to tell, and what it wants to hear. */
export interface SessionParty {
  readonly nodeId: string;
  /** Shows that the agent is the node. */
  readonly nodeKey: { readonly publicKey: Buffer; sign(nonce: Uint8Array, nodeId: string): Buffer };
  /** What the host's own manager has given it to say; undefined for nothing. */
  readonly leaveLock: () => Buffer | undefined;
  /** Address at which other nodes reach this one. */
  readonly advertiseAddress: string;
  /** What the node is to become where it is not known yet; '' for active. */
  readonly availability: () => string;
  readonly description: ObservedValue<NodeDescription>;
  /** What is wrong with the engine; '' when nothing is. */
  readonly engineError: ObservedValue<string>;
  readonly statuses: SessionStatuses;
  welcomed(welcome: Welcome): void;
  /** The session that was welcomed is over. */
  parted(): void;
  /** Takes the sets in order, first a COMPLETE one. */
  assigned(message: Assignments): void;
  /** Takes what changed in the networks: first all of it, and what a task needs before that task. */
  networksChanged(changes: NetworkChanges): void;
  /** The manager at this address (host:port) asks for a connection to the engine. */
  tunnelWanted(address: string, tunnelId: string): void;
  /** The managers are elsewhere (host:port each). */
  redirected(redirect: Redirect): void;
  /** The manager on the agent's own host names the lock of its agents; undefined for none. */
  locked(lock: Uint8Array | undefined): void;
  /** This node is no part of the cluster any more; unless the cluster itself has ended, it is not to come back under its id. */
  removed(removal: Removed): void;
}
