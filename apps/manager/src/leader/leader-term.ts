import type { ClusterStore, Guard, Revision, Write } from '#common/store';
import { keys } from '#common/store';

/** One manager's time as the leader, from a won election until the lease can no longer be trusted. */
export class LeaderTerm {
  constructor(
    /** Create revision of the election key: grows with every election, and fences every write of the term. */
    readonly number: Revision,
    /** Aborts when the term is over, before anyone else can have been elected. */
    readonly signal: AbortSignal,
    private readonly store: ClusterStore,
  ) {}

  /** Largest number of writes that one commit of this term takes, leaving room for the fence among as many guards. */
  get maxWrites(): number {
    return this.store.maxOperations - 1;
  }

  /**
   * Commits as the leader: the store itself refuses it when the election key is not this term's any more, whatever this
   * process's clock says.
   * @throws DomainError ABORTED another term has begun, or a guard failed · and as ObjectStore.commit
   */
  commit(guards: Guard[], writes: Write[]): Promise<Revision> {
    return this.store.commit([{ key: keys.leader, createRevision: this.number }, ...guards], writes);
  }
}
