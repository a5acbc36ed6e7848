import {
  ALREADY_IN_SWARM,
  completeSwarmSpec,
  inSwarmKitsWords,
  KEYS_DO_NOT_FIT,
  nextSubnet,
  NOT_IN_SWARM,
  SWARM_LOCKED,
  swarmSpecProblem,
  type SubnetPool,
} from '#common/domain';
import { delay, supervise } from '#common/concurrency';
import { DomainError, isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { Cluster, type SealedValue, type SwarmInitRequest, type SwarmSpec } from '#common/proto';
import { keys, type ClusterStore, type KeyRing, type ObjectStore, type Stored, type Vault } from '#common/store';
import type { AdmittingCluster } from './admission.server';
import { toJoinToken } from './join-token';
import { creationOfCluster, newSecret, openSecrets, sealSecrets, unlockKeyFor } from './new-cluster';
import { certificateDigest, createRootCa, certificateInfo, givenRootCa, type CertificateInfo, type RootCa } from './root-ca';
import type { SealingKeys } from './sealing-keys';

/** Keys of the managers themselves: they stay when a cluster ends. */
const OF_MANAGERS = [keys.leader, keys.manager(''), keys.lockedManager('')];
const MAX_TRIES = 5;
/** A disk that is full stays so for a while. */
const RETRY_MS = 1_000;
/** Ended clusters that are remembered. */
const MOST_ENDED = 16;
const NO_CERTIFICATE: CertificateInfo = { certificate: '', subject: '', publicKey: '' };

/** What is to be made anew besides the spec. */
export interface Rotations {
  readonly workerToken: boolean;
  readonly managerToken: boolean;
  readonly managerUnlockKey: boolean;
}

/** The cluster's tokens, as clients see them. */
export interface JoinTokens {
  readonly worker: string;
  readonly manager: string;
}

/** Whether these keys open these secrets. */
interface KeysProof {
  readonly sealed: SealedValue;
  readonly ring: KeyRing['keys'];
  readonly fits: boolean;
}

export interface MembershipParts {
  readonly managerId: string;
  readonly store: ClusterStore;
  readonly objects: ObjectStore;
  readonly sealingKeys: SealingKeys;
  /** Seals with them. */
  readonly vault: Vault;
  readonly defaultPool: SubnetPool;
  readonly logger: Logger;
}

/** Makes, changes and ends the cluster that this manager is part of. */
export class SwarmMembership {
  private known = NO_CERTIFICATE;
  private proved: KeysProof | undefined;

  constructor(private readonly parts: MembershipParts) {}

  /**
   * Makes a cluster.
   * @throws DomainError UNAVAILABLE there is one already (Docker's code for it) · INVALID_ARGUMENT · UNIMPLEMENTED · as ObjectStore.commit
   */
  async init(request: SwarmInitRequest): Promise<void> {
    const { store, vault } = this.parts;
    if (store.view.cluster()) throw alreadyInSwarm();
    if (this.isLocked()) throw new DomainError('UNAVAILABLE', SWARM_LOCKED);
    const given = completeSwarmSpec(request.spec);
    const encryptionConfig = { autoLockManagers: request.autoLockManagers || given.encryptionConfig?.autoLockManagers === true };
    const spec = { ...given, encryptionConfig };
    refuseSpec(spec);
    if (request.dataPathPort !== 0 || request.dataPathAddr !== '') {
      throw new DomainError('UNIMPLEMENTED', 'DataPathAddr and DataPathPort are settings of each agent (--advertise-addr)');
    }
    const pool = this.poolOf(request);
    // What a cluster that was left has not got rid of, its manager having been ended meanwhile.
    await this.eraseObjects();
    const root = namedRoot(request.spec) ?? (await createRootCa(new Date()));
    const { guards, writes } = creationOfCluster(store.view, vault, { spec, pool, root });
    await store.commit(guards, writes).catch((error: unknown) => {
      throw isCode(error, 'ABORTED') ? alreadyInSwarm() : error;
    });
    await this.lockAsAsked();
  }

  /**
   * Changes the cluster's spec, and makes new tokens or a new root certificate.
   * @param version that the change is based on  @throws DomainError ABORTED · INVALID_ARGUMENT · UNIMPLEMENTED · as ObjectStore.commit
   */
  async update(version: number, given: SwarmSpec, rotations: Rotations): Promise<void> {
    const { store, vault } = this.parts;
    const before = this.cluster();
    refuseSpec(given);
    // Secrets are sealed anew out of those of the view: an old view would bring back what has been rotated.
    if (before.version?.index !== version) throw outOfSequence();
    if (given.name !== '' && given.name !== before.spec?.name) {
      throw invalid('renaming a cluster is not supported');
    }
    const now = new Date();
    const spec = completeSwarmSpec(given);
    const secrets = openSecrets(before, vault);
    const presentRoot = { certificate: before.rootCertificate, key: secrets.rootKey };
    const asksForNewRoot = (spec.caConfig?.forceRotate ?? 0) > (before.spec?.caConfig?.forceRotate ?? 0);
    const root = namedRoot(given) ?? (asksForNewRoot ? await createRootCa(now) : presentRoot);
    const isNewRoot = root.certificate !== before.rootCertificate;
    const sealedSecrets = sealSecrets(
      {
        workerSecret: rotations.workerToken || isNewRoot ? newSecret() : secrets.workerSecret,
        managerSecret: rotations.managerToken || isNewRoot ? newSecret() : secrets.managerSecret,
        rootKey: root.key,
        unlockKey: unlockKeyFor(spec, rotations.managerUnlockKey ? '' : secrets.unlockKey),
      },
      vault,
    );
    // As SwarmKit does: an authority that is named without a certificate signs for the present root.
    for (const authority of spec.caConfig?.externalCas ?? []) authority.caCert ||= root.certificate;
    const after = { ...before, updatedAt: now.toISOString(), spec, rootCertificate: root.certificate, sealedSecrets };
    const value = Cluster.encode({ ...after, version: undefined }).finish();
    await store
      .commit([{ key: keys.cluster, modRevision: version }], [{ kind: 'put', key: keys.cluster, value }])
      .catch((error: unknown) => {
        throw isCode(error, 'ABORTED') ? outOfSequence() : error;
      });
    await this.lockAsAsked();
  }

  /**
   * Ends the cluster: its objects are removed, its agents remove their containers, and wait for the next one. What this manager's
   * sealing keys are locked with is forgotten; keys that are locked are, too.
   * @throws DomainError UNAVAILABLE there is none · FAILED_PRECONDITION it is not forced, or there are other managers
   */
  async leave(force: boolean): Promise<void> {
    const { sealingKeys } = this.parts;
    if (!force) this.refuseToLeave();
    await this.end();
    // Somebody may have unlocked them meanwhile.
    await (sealingKeys.isLocked ? sealingKeys.replace() : sealingKeys.lockWith(''));
  }

  private refuseToLeave(): never {
    if (this.parts.sealingKeys.isLocked) throw new DomainError('UNAVAILABLE', LOCKED_MANAGER);
    this.cluster();
    throw new DomainError('UNAVAILABLE', LAST_MANAGER);
  }

  /** A locked manager whose cluster others have ended has nothing to end. */
  private async end(): Promise<void> {
    const { store, sealingKeys } = this.parts;
    if (sealingKeys.isLocked && !store.view.cluster()) return;
    const { id, version, endedIds } = this.cluster();
    if (this.lacksKeys()) throw new DomainError('UNAVAILABLE', KEYS_DO_NOT_FIT);
    if (await this.hasOthers()) {
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
      { evenWhenFull: true },
    );
    await this.eraseObjects();
  }

  /** Whether there are other managers, locked ones included. */
  async hasOthers(): Promise<boolean> {
    const { store, objects, managerId } = this.parts;
    const locked = await objects.list(keys.lockedManager(''));
    return (
      store.view.managers().some(({ id }) => id !== managerId) ||
      locked.objects.some(({ key }) => key !== keys.lockedManager(managerId))
    );
  }

  /** Whether this manager has to be told the unlock key before it can do anything for its cluster. */
  isLocked(): boolean {
    return this.parts.sealingKeys.isLocked;
  }

  /**
   * Whether this manager has other keys than its cluster: what it sealed nobody else could read, and the other way round. It shows that
   * it has the right ones by opening what the cluster keeps sealed. While it is locked nothing is known of that.
   */
  lacksKeys(): boolean {
    const sealed = this.parts.store.view.cluster()?.sealedSecrets;
    if (!sealed || this.isLocked()) return false;
    const { keys: ring } = this.parts.sealingKeys;
    // Every request asks: the same keys open the same secrets.
    if (this.proved?.sealed !== sealed || this.proved.ring !== ring) this.proved = { sealed, ring, fits: this.opens(sealed) };
    return !this.proved.fits;
  }

  private opens(sealed: SealedValue): boolean {
    try {
      this.parts.vault.unseal(sealed, keys.cluster);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws DomainError UNAVAILABLE there is no cluster · as SealingKeys.unlock */
  unlock(unlockKey: string): void {
    if (!this.isLocked()) this.cluster();
    this.parts.sealingKeys.unlock(unlockKey);
  }

  /** What managers have to be told after a restart; empty while they are not locked. @throws DomainError as `tokens` */
  unlockKey(): string {
    return openSecrets(this.cluster(), this.parts.vault).unlockKey;
  }

  /** Locks the sealing keys of this manager as the cluster asks for, from now until the signal aborts. */
  followLock(signal: AbortSignal): void {
    const { store, logger } = this.parts;
    const follow = async (): Promise<void> => {
      try {
        await this.lockAsAsked();
      } catch (error) {
        logger.error({ reason: messageOf(error) }, 'the sealing keys are not locked as they should be, will retry');
        await delay(RETRY_MS, signal);
        if (!signal.aborted) await follow();
      }
    };
    const followSoon = (): void => supervise(logger, 'lock of the sealing keys', follow());
    const unsubscribe = store.onChange((changes) => {
      if (changes.some(({ kind }) => kind === 'cluster' || kind === 'everything')) followSoon();
    });
    signal.addEventListener('abort', unsubscribe, { once: true });
    followSoon();
  }

  private async lockAsAsked(): Promise<void> {
    const { store, sealingKeys, vault } = this.parts;
    const cluster = store.view.cluster();
    if (cluster && !sealingKeys.isLocked) await sealingKeys.lockWith(openSecrets(cluster, vault).unlockKey);
  }

  /** @throws DomainError UNAVAILABLE there is no cluster · FAILED_PRECONDITION as Vault.unseal */
  tokens(): JoinTokens {
    const cluster = this.cluster();
    const { workerSecret, managerSecret } = openSecrets(cluster, this.parts.vault);
    const digest = certificateDigest(cluster.rootCertificate);
    return { worker: toJoinToken(digest, workerSecret), manager: toJoinToken(digest, managerSecret) };
  }

  /** What those are shown who join. @throws DomainError as `tokens` */
  admitting(): AdmittingCluster {
    const cluster = this.cluster();
    // Tokens may have been rotated since this manager has last heard of etcd.
    if (!this.parts.store.isSynced()) throw new DomainError('UNAVAILABLE', 'this manager cannot reach etcd; try another one');
    const { workerSecret, managerSecret } = openSecrets(cluster, this.parts.vault);
    return { rootCertificate: cluster.rootCertificate, workerSecret, managerSecret };
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

export const LOCKED_MANAGER = 'Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.';

/** Docker's words. */
export const LAST_MANAGER =
  'You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ';

function alreadyInSwarm(): DomainError {
  return new DomainError('UNAVAILABLE', ALREADY_IN_SWARM);
}

function invalid(text: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', inSwarmKitsWords('InvalidArgument', text));
}

function outOfSequence(): DomainError {
  return new DomainError('ABORTED', inSwarmKitsWords('Unknown', 'update out of sequence'));
}

function refuseSpec(spec: SwarmSpec): void {
  const problem = swarmSpecProblem(spec);
  if (problem !== undefined) throw invalid(problem);
}

/** The root certificate that a spec brings along; undefined when it brings none. @throws DomainError as givenRootCa */
function namedRoot(spec: SwarmSpec | undefined): RootCa | undefined {
  const { signingCaCert = '', signingCaKey = '' } = spec?.caConfig ?? {};
  return signingCaCert === '' && signingCaKey === '' ? undefined : givenRootCa(signingCaCert, signingCaKey, new Date());
}

function* batches(objects: readonly Stored[], size: number): Iterable<readonly Stored[]> {
  for (let start = 0; start < objects.length; start += size) yield objects.slice(start, start + size);
}
