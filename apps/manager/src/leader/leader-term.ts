import { keys, type ClusterStore, type CommitOptions, type Guard, type Revision, type Write } from '#common/store';

/** The election key as this term has written it. */
export interface Claim {
  record: Uint8Array;
  leaseId: string;
  /** Revision at which it was written. */
  revision: Revision;
}

/** One manager's time as the leader, from a won election until the lease can no longer be trusted. */
export class LeaderTerm {
  /** Revision of the election key with which the term began: grows from term to term. */
  readonly number: Revision;
  /** Revision at which the election key was last written, which every write of the term compares. */
  private fence: Revision;

  constructor(
    private readonly claim: Claim,
    /** Aborts when the term is over, before anyone else can have been elected. */
    readonly signal: AbortSignal,
    private readonly store: ClusterStore,
    /** Ends the term in good order: whoever else stands for election may win the next one. */
    readonly resign: () => void,
  ) {
    this.number = claim.revision;
    this.fence = claim.revision;
  }

  /** Largest number of writes that one commit of this term takes, leaving room for the fence among as many guards. */
  get maxWrites(): number {
    return this.store.maxOperations - 1;
  }

  /**
   * Commits as the leader: the store itself refuses it when the election key is not as this term has left it, whatever this
   * process's clock says.
   * @throws DomainError ABORTED another term has begun, or a guard failed · and as ObjectStore.commit
   */
  commit(guards: Guard[], writes: Write[], options?: CommitOptions): Promise<Revision> {
    return this.store.commit([{ key: keys.leader, modRevision: this.fence }, ...guards], writes, options);
  }

  /**
   * Call it after a commit of unknown outcome, before deciding anything new: a transaction of the old fence that is still on its
   * way is refused from now on, and one that has arrived is in the view. To decide on an older view would be to do things twice.
   * @throws DomainError as commit
   */
  async renewFence(): Promise<void> {
    const { record, leaseId } = this.claim;
    const put: Write = { kind: 'put', key: keys.leader, value: record, lease: leaseId };
    this.fence = await this.commit([], [put], { evenWhenFull: true });
  }
}
