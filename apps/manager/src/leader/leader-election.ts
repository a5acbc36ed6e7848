import { delay, monotonicMs } from '#common/concurrency';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { LeaderRecord } from '#common/proto';
import { keys, type ClusterStore, type EtcdStore, type Lease, type Stored } from '#common/store';
import { LeaderTerm, type Claim } from './leader-term';
import { LeaseDeadline } from './lease-deadline';

/** etcd's shortest useful lease: the scheduling gap after a leader's death is about this long. */
const LEASE_TTL_SECONDS = 3;
const KEEPALIVE_PERIOD_MS = 800;
const CANDIDATE_PERIOD_MS = 1_000;

export interface ElectionParts {
  etcd: EtcdStore;
  store: ClusterStore;
  managerId: string;
  logger: Logger;
}

/** Stands for election until the signal aborts; yields one term after the other, each time this manager wins. */
export async function* watchLeadership(parts: ElectionParts, signal: AbortSignal): AsyncIterable<LeaderTerm> {
  while (!signal.aborted) {
    await untilVacant(parts, signal);
    if (signal.aborted) return;
    const won = await campaign(parts).catch((error: unknown) => {
      parts.logger.debug({ err: error }, 'could not stand for election');
      return undefined;
    });
    if (!won) {
      await delay(CANDIDATE_PERIOD_MS / 4, signal);
      continue;
    }
    const hasResigned = yield* oneTerm(parts, won, signal);
    // Others first.
    if (hasResigned) await delay(CANDIDATE_PERIOD_MS, signal);
  }
}

interface Victory {
  lease: Lease;
  record: LeaderRecord;
  claim: Claim;
  askedAt: number;
}

async function campaign({ etcd, store, managerId }: ElectionParts): Promise<Victory | undefined> {
  await resignForFormerSelf(etcd, managerId);
  const askedAt = monotonicMs();
  const lease = await etcd.grantLease(LEASE_TTL_SECONDS);
  const record = { managerId, electedAt: new Date().toISOString() };
  const value = LeaderRecord.encode(record).finish();
  try {
    // The term begins with a view that shows it: everything that former leaders have done is in it.
    const revision = await store.commit(
      [{ key: keys.leader, createRevision: 0 }],
      [{ kind: 'put', key: keys.leader, value, lease: lease.id }],
    );
    return { lease, record, claim: { record: value, leaseId: lease.id, revision }, askedAt };
  } catch (error) {
    await lease.revoke().catch(() => undefined);
    if (isCode(error, 'ABORTED')) return undefined;
    throw error;
  }
}

/**
 * A leader that was killed and is back need not wait for its old lease to run out: the record names this very manager. Whatever
 * might be left of the old process is fenced like any former leader.
 */
async function resignForFormerSelf(etcd: EtcdStore, managerId: string): Promise<void> {
  const [stored] = (await etcd.list(keys.leader)).objects;
  if (!stored || !isLeftBehind(stored, managerId)) return;
  await etcd.commit([{ key: keys.leader, createRevision: stored.createRevision }], [{ kind: 'delete', key: keys.leader }]);
}

/** Whether the record is this manager's own, or nobody's: one that cannot be read, and that no lease will ever take away. */
function isLeftBehind({ value, isLeased }: Stored, managerId: string): boolean {
  try {
    return LeaderRecord.decode(value).managerId === managerId;
  } catch {
    return isLeased !== true;
  }
}

/** @returns whether the leader has resigned */
async function* oneTerm(parts: ElectionParts, won: Victory, signal: AbortSignal): AsyncGenerator<LeaderTerm, boolean> {
  let hasResigned = false;
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  const keeping = keepLease(parts, won, over).finally(end);
  const unsubscribe = endWhenReplaced(parts.store, won.record, end);
  const term = won.claim.revision;
  parts.logger.info({ term }, 'became leader');
  try {
    yield new LeaderTerm(won.claim, over.signal, parts.store, () => {
      hasResigned = true;
      end();
    });
    return hasResigned;
  } finally {
    end();
    unsubscribe();
    await keeping;
    signal.removeEventListener('abort', end);
    // A leader that leaves in good order lets the next one start at once.
    await won.lease.revoke().catch(() => undefined);
    parts.logger.info({ term }, 'no longer leader');
  }
}

/** A leader whose record is gone, or somebody else's, can commit nothing any more, even while its lease lives. */
function endWhenReplaced(store: ClusterStore, own: LeaderRecord, end: () => void): () => void {
  return store.onChange((changes) => {
    if (!changes.some(({ kind }) => kind === 'leader' || kind === 'everything')) return;
    const leader = store.view.leader();
    if (leader?.managerId !== own.managerId || leader.electedAt !== own.electedAt) end();
  });
}

/** Renews the lease until the term ends, and ends the term when a renewal has been missing for too long. */
async function keepLease({ logger }: ElectionParts, won: Victory, over: AbortController): Promise<void> {
  const deadline = new LeaseDeadline(LEASE_TTL_SECONDS * 1000, won.askedAt);
  let guard: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(guard);
    guard = setTimeout(() => over.abort(), Math.max(0, deadline.remainingMs(monotonicMs())));
  };
  arm();
  try {
    while (!over.signal.aborted) {
      const sentAt = monotonicMs();
      try {
        await won.lease.keepAlive();
        deadline.extend(sentAt);
        arm();
      } catch (error) {
        logger.warn({ term: won.claim.revision, reason: messageOf(error) }, 'the leader lease was not renewed');
        if (isCode(error, 'NOT_FOUND')) return;
        await delay(100, over.signal);
        continue;
      }
      await delay(KEEPALIVE_PERIOD_MS, over.signal);
    }
  } finally {
    clearTimeout(guard);
  }
}

/** Waits until nobody else leads, looking at the view's changes. */
async function untilVacant({ store, managerId }: ElectionParts, signal: AbortSignal): Promise<void> {
  const isVacant = (): boolean => {
    const leader = store.view.leader();
    return store.isSynced() && (leader === undefined || leader.managerId === managerId);
  };
  while (!signal.aborted && !isVacant()) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, CANDIDATE_PERIOD_MS);
      const unsubscribe = store.onChange((changes) => {
        if (changes.some(({ kind }) => kind === 'leader' || kind === 'everything')) done();
      });
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
