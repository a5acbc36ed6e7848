import { ALREADY_IN_SWARM, SWARM_LOCKED } from '#common/domain';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { SwarmInitRequest, SwarmJoinRequest, SwarmSpec } from '#common/proto';
import { askToJoin, askToLeave } from './admission.client';
import type { JoinedClusters } from './joined-cluster';
import type { CertificateInfo } from './root-ca';
import type { SealingKeys } from './sealing-keys';
import { LAST_MANAGER, type JoinTokens, type Rotations, type SwarmMembership } from './swarm-membership';

export interface HostMembershipParts {
  readonly swarm: SwarmMembership;
  readonly joined: JoinedClusters;
  readonly sealingKeys: SealingKeys;
  /** Whether there is a cluster in the etcd that is looked at. */
  readonly hasCluster: () => boolean;
  /** The node whose agent runs on this host. */
  readonly nodeBeside: () => string | undefined;
  /** host:port of the managers that are known. */
  readonly managers: () => readonly string[];
  /** Begins anew as what this host is by then. */
  readonly restart: () => Promise<void>;
  readonly logger: Logger;
}

/** This host's part in a cluster: one that it has made, or one of other hosts that it has joined. */
export class HostMembership {
  constructor(private readonly parts: HostMembershipParts) {}

  /** What this host is in its cluster, if there is one; whoever is locked has to be unlocked first. */
  standing(): 'manager' | 'worker' | 'locked' {
    const { joined, swarm } = this.parts;
    if (joined.joined?.role === 'worker') return 'worker';
    return swarm.isLocked() ? 'locked' : 'manager';
  }

  /** Of a worker: its node, once its agent was heard of, and where its managers are. */
  asWorker(): { readonly nodeId: string | undefined; readonly managers: readonly string[] } {
    const { joined, nodeBeside } = this.parts;
    return { nodeId: nodeBeside(), managers: joined.joined?.managers ?? [] };
  }

  /** @throws DomainError as SwarmMembership.init */
  async init(request: SwarmInitRequest): Promise<void> {
    if (this.parts.joined.joined) throw new DomainError('UNAVAILABLE', ALREADY_IN_SWARM);
    await this.parts.swarm.init(request);
  }

  /**
   * Joins the cluster of another manager, as what the token says. This host's agent follows.
   * @throws DomainError INVALID_ARGUMENT · UNAVAILABLE it is in a cluster, or no manager answers · FAILED_PRECONDITION · UNIMPLEMENTED
   */
  async join({ remoteAddrs, joinToken, dataPathAddr, availability }: SwarmJoinRequest): Promise<void> {
    const { joined, sealingKeys, hasCluster, restart } = this.parts;
    if (joined.joined || hasCluster()) throw new DomainError('UNAVAILABLE', ALREADY_IN_SWARM);
    if (this.standing() === 'locked') throw new DomainError('UNAVAILABLE', SWARM_LOCKED);
    if (remoteAddrs.length === 0) throw new DomainError('INVALID_ARGUMENT', 'at least 1 RemoteAddr is required to join');
    if (dataPathAddr !== '') throw new DomainError('UNIMPLEMENTED', 'DataPathAddr is a setting of each agent (--advertise-addr)');
    if (!['', 'active'].includes(availability))
      throw new DomainError('UNIMPLEMENTED', 'Availability: change it on a manager, once the node is there (node update)');
    const ticket = await askToJoin(remoteAddrs, joinToken);
    if (ticket.isManager) {
      await sealingKeys.adopt({ current: ticket.currentSealingKey, keys: new Map(Object.entries(ticket.sealingKeys)) });
    }
    await joined.join(ticket);
    await restart();
  }

  /** Leaves the cluster; as its last manager, ends it. @throws DomainError as SwarmMembership.leave */
  async leave(force: boolean): Promise<void> {
    const { swarm, joined, sealingKeys, nodeBeside, restart, logger } = this.parts;
    const { role } = joined.joined ?? {};
    if (role === undefined || (role === 'manager' && !(await swarm.hasOthers()))) await swarm.leave(force);
    if (role === undefined) return;
    if (role === 'manager' && !force) throw new DomainError('UNAVAILABLE', LAST_MANAGER);
    const [nodeId, managers] = [nodeBeside(), this.parts.managers()];
    // The keys of a cluster are for its managers only.
    if (role === 'manager') await sealingKeys.replace();
    await joined.leave();
    await restart();
    // Now that nobody sends it there again. One that is not heard any more has nothing to be told.
    if (nodeId === undefined) return;
    await askToLeave(managers, nodeId).catch((error: unknown) => {
      logger.warn({ nodeId, reason: messageOf(error) }, 'no manager could be told that this host has left');
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
}
