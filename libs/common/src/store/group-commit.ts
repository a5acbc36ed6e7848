import { guarded } from '../concurrency';
import {
  widthOf,
  type Commit,
  type CommitOptions,
  type Guard,
  type ObjectStore,
  type Revision,
  type Write,
} from './object-store';

const WAITS = {
  /** A group that takes longer than etcd on a good disk does no longer hold up the others. */
  slowMs: 20,
  /**
   * Longest wait after a group for those who are likely to come again, now that they have their answers: most of them do within 2 ms,
   * and one who does not costs the others no more than this (PostgreSQL's commit_delay).
   */
  gatherMs: 4,
};
/** Far below what etcd takes in one request (1.5 MiB). */
const MAX_BYTES = 512 * 1024;

interface Pending extends Commit {
  resolve(revision: Revision): void;
  reject(error: unknown): void;
}

/** What a group has so far. */
class Group {
  readonly commits: Pending[] = [];
  /** Keys that are looked at, and those that are written. */
  private readonly guarded = new Set<string>();
  private readonly written = new Set<string>();
  private bytes = 0;
  /** Operations of the largest commit. */
  private width = 0;

  /** Takes a commit, unless it has to do with what another one of the group writes: guards are looked at before anything is written. */
  add(pending: Pending, most: number): boolean {
    const { guards, writes } = pending;
    const size = writes.reduce((sum, write) => sum + write.key.length + (write.kind === 'put' ? write.value.length : 0), 0);
    const width = Math.max(this.width, widthOf(pending));
    const isFull = this.commits.length + 1 + width > most || this.bytes + size > MAX_BYTES;
    const isApart =
      guards.every(({ key }) => !this.written.has(key)) &&
      writes.every(({ key }) => !this.written.has(key) && !this.guarded.has(key));
    if (this.commits.length > 0 && (isFull || !isApart)) return false;
    this.commits.push(pending);
    this.bytes += size;
    this.width = width;
    for (const { key } of guards) this.guarded.add(key);
    for (const { key } of writes) this.written.add(key);
    return true;
  }
}

/** A wait for so many commits. */
interface Gathering {
  readonly expected: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts commits that come at the same time into one request: those of one turn of the event loop, and those that come while another
 * request is on its way. Where several came together, the next request waits a moment for as many. A request costs etcd and this
 * process far more than one commit more in it.
 */
export class GroupCommit {
  private readonly waiting: Pending[] = [];
  /** Whether there is a group on its way that others wait for, or one that is about to leave. */
  private isBusy = false;
  private gathering: Gathering | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly waits = WAITS,
  ) {}

  /** @throws DomainError as ObjectStore.commit */
  commit(guards: Guard[], writes: Write[], { evenWhenFull = false }: CommitOptions = {}): Promise<Revision> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ guards, writes, evenWhenFull, resolve, reject });
      if (this.gathering && this.waiting.length >= this.gathering.expected) this.endGathering();
      if (this.isBusy) return;
      this.isBusy = true;
      setImmediate(this.sendGroup);
    });
  }

  /** Whatever goes wrong, nobody waits for ever, and the next commit is not held up. */
  private readonly sendGroup = guarded(
    () => this.sendNext(),
    (error) => {
      this.isBusy = false;
      for (const { reject } of this.waiting.splice(0)) reject(error);
    },
  );

  private sendNext(): void {
    const { commits } = this.nextGroup();
    this.isBusy = commits.length > 0;
    if (!this.isBusy) return;
    const leavesSome = this.waiting.length > 0;
    let holdsUp = true;
    const goOn = (next: () => void): void => {
      if (!holdsUp) return;
      holdsUp = false;
      next();
    };
    const timer = setTimeout(() => goOn(this.sendGroup), this.waits.slowMs);
    const tellAll = (tell: () => void): void => {
      clearTimeout(timer);
      goOn(() => (leavesSome ? this.sendGroup() : this.gather(commits.length)));
      tell();
    };
    this.outcomeOf(commits)
      .then(tellAll)
      .catch((error: unknown) => commits.forEach(({ reject }) => reject(error)));
  }

  /** @param answered how many commits the group had */
  private gather(answered: number): void {
    const expected = Math.min(answered + this.waiting.length, this.store.maxOperations);
    if (answered === 1 || this.waiting.length >= expected) return this.sendGroup();
    this.gathering = { expected, timer: setTimeout(() => this.endGathering(), this.waits.gatherMs) };
  }

  private endGathering(): void {
    clearTimeout(this.gathering?.timer);
    this.gathering = undefined;
    this.sendGroup();
  }

  private nextGroup(): Group {
    const group = new Group();
    const most = this.store.maxOperations;
    for (let next = this.waiting[0]; next && group.add(next, most); next = this.waiting[0]) this.waiting.shift();
    return group;
  }

  /** Sends commits. @returns what tells each of its fate */
  private async outcomeOf(commits: readonly Pending[]): Promise<() => void> {
    const [only] = commits;
    try {
      const outcomes =
        only && commits.length === 1 && !only.evenWhenFull
          ? [await this.store.commit(only.guards, only.writes)]
          : await this.store.commitAll(commits);
      return () =>
        commits.forEach(({ resolve, reject }, index) => {
          const outcome = outcomes[index];
          if (typeof outcome === 'number') resolve(outcome);
          else reject(outcome);
        });
    } catch (error) {
      return () => commits.forEach(({ reject }) => reject(error));
    }
  }
}
