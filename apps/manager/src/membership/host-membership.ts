import { ALREADY_IN_SWARM, SWARM_LOCKED, toAvailability } from '#common/domain';
import type { EtcdCredentials } from '#common/dispatcher-proto';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { SwarmInitRequest, SwarmJoinRequest, SwarmSpec } from '#common/proto';
import type { KeyRing } from '#common/store';
import { askToJoin } from './admission.client';
import type { JoinedClusters } from './joined-cluster';
import type { CertificateInfo } from './root-ca';
import { LAST_MANAGER, LOCKED_MANAGER, type JoinTokens, type Rotations, type SwarmMembership } from './swarm-membership';

export interface HostMembershipParts {
  readonly swarm: SwarmMembership;
  readonly joined: JoinedClusters;
  /** Whether there is a cluster in the etcd that is looked at. */
  readonly hasCluster: () => boolean;
  /** The node whose agent runs on this host, as far as a manager sees it. */
  readonly nodeBeside: () => string | undefined;
  /** host:port of the managers that are known. */
  readonly managers: () => readonly string[];
  /** Keeps the sealing keys of a cluster that is about to be joined. */
  readonly keepKeys: (ring: KeyRing) => Promise<void>;
  /** Keeps what its etcd is reached with. */
  readonly keepEtcdCredentials: (credentials: EtcdCredentials | undefined) => Promise<void>;
  /** Does one such thing at a time. @throws DomainError UNAVAILABLE while another one is being done */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Begins anew as what this host is by then. @throws DomainError DEADLINE_EXCEEDED it goes on in the background */
  readonly restart: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * This host's part in a cluster: one that it has made, or one of other hosts that it has joined. What it is, is decided by one file
 * (JoinedClusters): whenever the process dies, it is one of the two.
 */
export class HostMembership {
  constructor(private readonly parts: HostMembershipParts) {}

  /** What this host is in its cluster, if there is one; whoever is locked has to be unlocked first, and who has other keys is nothing. */
  standing(): 'manager' | 'worker' | 'locked' | 'keyless' {
    const { joined, swarm } = this.parts;
    if (joined.joined?.role === 'worker') return 'worker';
    if (swarm.isLocked()) return 'locked';
    return swarm.lacksKeys() ? 'keyless' : 'manager';
  }

  /** Whether the cluster is one of other hosts: it can be left without a look at its state. */
  hasJoined(): boolean {
    return this.parts.joined.joined !== undefined;
  }

  /** Of a worker: its node, once its agent was heard of, and where its managers are. */
  asWorker(): { readonly nodeId: string | undefined; readonly managers: readonly string[] } {
    const { nodeId, managers = [] } = this.parts.joined.joined ?? {};
    return { nodeId, managers };
  }

  /** @throws DomainError as SwarmMembership.init */
  init(request: SwarmInitRequest): Promise<void> {
    return this.parts.exclusively(async () => {
      if (this.hasJoined()) throw alreadyInSwarm();
      await this.parts.swarm.init(request);
    });
  }

  /**
   * Joins the cluster of another manager, as what the token says. This host's agent follows.
   * @throws DomainError INVALID_ARGUMENT · UNAVAILABLE it is in a cluster, or no manager answers · FAILED_PRECONDITION · UNIMPLEMENTED
   */
  join(request: SwarmJoinRequest): Promise<void> {
    return this.parts.exclusively(async () => {
      const { joined, keepKeys, keepEtcdCredentials, restart } = this.parts;
      this.requireFree();
      refuseUnknown(request);
      const { ticket, managers } = await askToJoin(request.remoteAddrs, request.joinToken);
      // Another manager may have made a cluster in the same etcd meanwhile.
      this.requireFree();
      if (ticket.isManager) {
        await keepKeys({ current: ticket.currentSealingKey, keys: new Map(Object.entries(ticket.sealingKeys)) });
        await keepEtcdCredentials(ticket.etcdCredentials);
      }
      await joined.join(ticket, managers, request.availability);
      await restart();
    });
  }

  /** Leaves the cluster; as its last manager, ends it. @throws DomainError as SwarmMembership.leave */
  leave(force: boolean): Promise<void> {
    return this.parts.exclusively(async () => {
      const { swarm, joined, restart } = this.parts;
      const { role, nodeId: known } = joined.joined ?? {};
      if (role === undefined) return swarm.leave(force);
      if (role === 'manager') {
        if (!force) throw new DomainError('UNAVAILABLE', swarm.isLocked() ? LOCKED_MANAGER : LAST_MANAGER);
        await this.endIfLast();
      }
      const nodeId = this.parts.nodeBeside() ?? known;
      await joined.leave(nodeId, this.parts.managers());
      await restart();
    });
  }

  update(version: number, spec: SwarmSpec, rotations: Rotations): Promise<void> {
    return this.parts.swarm.update(version, spec, rotations);
  }

  unlock(unlockKey: string): void {
    this.parts.swarm.unlock(unlockKey);
  }

  unlockKey(): string {
    return this.parts.swarm.unlockKey();
  }

  tokens(): JoinTokens {
    return this.parts.swarm.tokens();
  }

  trust(): CertificateInfo {
    return this.parts.swarm.trust();
  }

  private requireFree(): void {
    if (this.hasJoined() || this.parts.hasCluster()) throw alreadyInSwarm();
    if (this.standing() === 'locked') throw new DomainError('UNAVAILABLE', SWARM_LOCKED);
  }

  /** A cluster without managers is nobody's. One that cannot be reached any more, or has ended, is left all the same. */
  private async endIfLast(): Promise<void> {
    const { swarm, logger } = this.parts;
    try {
      if (!(await swarm.hasOthers())) await swarm.leave(true);
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the cluster is left without having been ended');
    }
  }
}

function refuseUnknown({ remoteAddrs, dataPathAddr, availability }: SwarmJoinRequest): void {
  if (remoteAddrs.length === 0) throw new DomainError('INVALID_ARGUMENT', 'at least 1 RemoteAddr is required to join');
  if (dataPathAddr !== '') throw new DomainError('UNIMPLEMENTED', 'DataPathAddr is a setting of each agent (--advertise-addr)');
  if (availability !== '' && !toAvailability(availability))
    throw new DomainError(
      'INVALID_ARGUMENT',
      `invalid Availability: ${JSON.stringify(availability)}; use active, pause or drain`,
    );
}

function alreadyInSwarm(): DomainError {
  return new DomainError('UNAVAILABLE', ALREADY_IN_SWARM);
}
