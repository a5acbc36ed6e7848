import { delay } from '#common/concurrency';
import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { ManagerPresence } from '#common/proto';
import type { EtcdStore, Lease } from '#common/store';

/** Longer than an etcd election, so that a change of etcd's leader is not a death of managers. */
const LEASE_TTL_SECONDS = 5;
const KEEPALIVE_PERIOD_MS = 1_500;
const RETRY_MS = 250;

/** Under which key a manager says that it is there, and what. */
export interface Announcement {
  readonly etcd: EtcdStore;
  readonly key: string;
  readonly presence: ManagerPresence;
  readonly logger: Logger;
}

/** Keeps a key in etcd until the signal aborts, and no longer than this process lives. */
export async function announceManager({ etcd, key, presence, logger }: Announcement, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let lease: Lease | undefined;
    try {
      lease = await etcd.grantLease(LEASE_TTL_SECONDS);
      const value = ManagerPresence.encode(presence).finish();
      await etcd.commit([], [{ kind: 'put', key, value, lease: lease.id }]);
      await keepAlive(lease, signal);
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the manager is not announced, will retry');
      await delay(RETRY_MS, signal);
    } finally {
      if (signal.aborted) await lease?.revoke().catch(() => undefined);
    }
  }
}

/** Returns when the signal aborts; throws when the lease has expired. Other failures are waited out. */
async function keepAlive(lease: Lease, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(KEEPALIVE_PERIOD_MS, signal);
    if (signal.aborted) return;
    await lease.keepAlive().catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND')) throw error;
    });
  }
}
