import { ALREADY_IN_SWARM, completeSwarmSpec, nextSubnet, NOT_IN_SWARM, swarmSpecProblem, type SubnetPool } from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import { Cluster, type SwarmInitRequest, type SwarmSpec } from '#common/proto';
import { keys, type ClusterStore, type ObjectStore, type Stored, type Vault } from '#common/store';
import { toJoinToken } from './join-token';
import { creationOfCluster, newSecret, openSecrets, sealSecrets } from './new-cluster';
import { certificateDigest, createRootCa, certificateInfo, type CertificateInfo } from './root-ca';

/** Keys of the managers themselves: they stay when a cluster ends. */
const OF_MANAGERS = [keys.leader, keys.manager('')];
const MAX_TRIES = 5;
/** Ended clusters that are remembered. */
const MOST_ENDED = 16;
const NO_CERTIFICATE: CertificateInfo = { certificate: '', subject: '', publicKey: '' };

/** What is to be made anew besides the spec. */
export interface Rotations {
  readonly workerToken: boolean;
  readonly managerToken: boolean;
}

/** The cluster's tokens, as clients see them. */
export interface JoinTokens {
  readonly worker: string;
  readonly manager: string;
}

/** Makes, changes and ends the cluster that this manager is part of. */
export class SwarmMembership {
  private known = NO_CERTIFICATE;

  constructor(private readonly parts: { store: ClusterStore; objects: ObjectStore; vault: Vault; defaultPool: SubnetPool }) {}

  /**
   * Makes a cluster.
   * @throws DomainError UNAVAILABLE there is one already (Docker's code for it) · INVALID_ARGUMENT · UNIMPLEMENTED · as ObjectStore.commit
   */
  async init(request: SwarmInitRequest): Promise<void> {
    const { store, vault } = this.parts;
    if (store.view.cluster()) throw alreadyInSwarm();
    const spec = completeSwarmSpec(request.spec);
    refuseSpec({ ...spec, encryptionConfig: { autoLockManagers: request.autoLockManagers } }, request.spec);
    if (request.dataPathPort !== 0 || request.dataPathAddr !== '') {
      throw new DomainError('UNIMPLEMENTED', 'DataPathAddr and DataPathPort are settings of each agent (--advertise-addr)');
    }
    const pool = this.poolOf(request);
    // What a cluster that was left has not got rid of, its manager having been ended meanwhile.
    await this.eraseObjects();
    const { guards, writes } = await creationOfCluster(store.view, vault, { spec, pool });
    await store.commit(guards, writes).catch((error: unknown) => {
      throw isCode(error, 'ABORTED') ? alreadyInSwarm() : error;
    });
  }

  /**
   * Changes the cluster's spec, and makes new tokens or a new root certificate.
   * @param version that the change is based on  @throws DomainError ABORTED · INVALID_ARGUMENT · UNIMPLEMENTED · as ObjectStore.commit
   */
  async update(version: number, given: SwarmSpec, rotations: Rotations): Promise<void> {
    const { store, vault } = this.parts;
    const before = this.cluster();
    refuseSpec(given, given);
    if (given.name !== '' && given.name !== before.spec?.name) {
      throw new DomainError('INVALID_ARGUMENT', 'rpc error: code = InvalidArgument desc = renaming a cluster is not supported');
    }
    const spec = completeSwarmSpec(given);
    const now = new Date();
    const secrets = openSecrets(before, vault);
    const isNewRoot = (spec.caConfig?.forceRotate ?? 0) > (before.spec?.caConfig?.forceRotate ?? 0);
    const root = isNewRoot ? await createRootCa(now) : { certificate: before.rootCertificate, key: secrets.rootKey };
    const sealedSecrets = sealSecrets(
      {
        workerSecret: rotations.workerToken || isNewRoot ? newSecret() : secrets.workerSecret,
        managerSecret: rotations.managerToken || isNewRoot ? newSecret() : secrets.managerSecret,
        rootKey: root.key,
      },
      vault,
    );
    const after = { ...before, updatedAt: now.toISOString(), spec, rootCertificate: root.certificate, sealedSecrets };
    const value = Cluster.encode({ ...after, version: undefined }).finish();
    await store
      .commit([{ key: keys.cluster, modRevision: version }], [{ kind: 'put', key: keys.cluster, value }])
      .catch((error: unknown) => {
        throw isCode(error, 'ABORTED')
          ? new DomainError('ABORTED', 'rpc error: code = Unknown desc = update out of sequence')
          : error;
      });
  }

  /**
   * Ends the cluster: its objects are removed, its agents remove their containers, and wait for the next one.
   * @throws DomainError UNAVAILABLE there is none · FAILED_PRECONDITION it is not forced, or there are other managers
   */
  async leave(force: boolean): Promise<void> {
    const { store } = this.parts;
    const { id, version, endedIds } = this.cluster();
    if (!force) throw new DomainError('UNAVAILABLE', LAST_MANAGER);
    if (store.view.managers().length > 1) {
      throw new DomainError(
        'FAILED_PRECONDITION',
        'the cluster has other managers: to take this one out of it, stop its process; the cluster ends with its last manager',
      );
    }
    const record = { updatedAt: new Date().toISOString(), endedIds: [...endedIds, id].slice(-MOST_ENDED) };
    const ended = Cluster.encode(Cluster.fromPartial(record)).finish();
    await store.commit(
      [{ key: keys.cluster, modRevision: version?.index ?? 0 }],
      [{ kind: 'put', key: keys.cluster, value: ended }],
    );
    await this.eraseObjects();
  }

  /** @throws DomainError UNAVAILABLE there is no cluster · FAILED_PRECONDITION as Vault.unseal */
  tokens(): JoinTokens {
    const cluster = this.cluster();
    const { workerSecret, managerSecret } = openSecrets(cluster, this.parts.vault);
    const digest = certificateDigest(cluster.rootCertificate);
    return { worker: toJoinToken(digest, workerSecret), manager: toJoinToken(digest, managerSecret) };
  }

  /** The cluster's root certificate; the same object for as long as it is the same. */
  trust(): CertificateInfo {
    const certificate = this.parts.store.view.cluster()?.rootCertificate ?? '';
    if (certificate !== this.known.certificate) this.known = certificate === '' ? NO_CERTIFICATE : certificateInfo(certificate);
    return this.known;
  }

  private cluster(): Cluster {
    const cluster = this.parts.store.view.cluster();
    if (!cluster) throw new DomainError('UNAVAILABLE', NOT_IN_SWARM);
    return cluster;
  }

  private poolOf({ defaultAddrPool, subnetSize }: SwarmInitRequest): SubnetPool {
    const prefix = subnetSize || this.parts.defaultPool.prefix;
    if (defaultAddrPool.length === 0) return { ...this.parts.defaultPool, prefix };
    for (const base of defaultAddrPool) {
      if (nextSubnet({ bases: [base], prefix }, []) !== undefined) continue;
      const problem = `no subnet of ${prefix} bits (SubnetSize) fits into it`;
      throw new DomainError('INVALID_ARGUMENT', `invalid DefaultAddrPool ${base}: ${problem}`);
    }
    return { bases: defaultAddrPool, prefix };
  }

  /** Removes what is left of a cluster. Whoever still writes is guarded by objects that are gone, so that a few rounds are enough. */
  private async eraseObjects(): Promise<void> {
    const { objects, store } = this.parts;
    for (let round = 0; round < MAX_TRIES; round++) {
      const { objects: all } = await objects.list('');
      const left = all.filter(({ key }) => key !== keys.cluster && !OF_MANAGERS.some((kept) => key.startsWith(kept)));
      if (left.length === 0) return;
      for (const batch of batches(left, objects.maxOperations)) {
        await store.commit(
          [],
          batch.map(({ key }) => ({ kind: 'delete', key })),
        );
      }
    }
  }
}

const LAST_MANAGER =
  'You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ';

function alreadyInSwarm(): DomainError {
  return new DomainError('UNAVAILABLE', ALREADY_IN_SWARM);
}

function refuseSpec(spec: SwarmSpec, given: SwarmSpec | undefined): void {
  const problem = swarmSpecProblem(spec);
  if (problem !== undefined) throw new DomainError('INVALID_ARGUMENT', `rpc error: code = InvalidArgument desc = ${problem}`);
  if (spec.encryptionConfig?.autoLockManagers) {
    throw new DomainError(
      'UNIMPLEMENTED',
      'AutoLockManagers is not available yet: secrets are sealed with a key in the data directory',
    );
  }
  if (given?.caConfig?.signingCaCert || given?.caConfig?.externalCas.length) {
    throw new DomainError('UNIMPLEMENTED', 'CAConfig: certificates of another authority are not available yet');
  }
}

function* batches(objects: readonly Stored[], size: number): Iterable<readonly Stored[]> {
  for (let start = 0; start < objects.length; start += size) yield objects.slice(start, start + size);
}
