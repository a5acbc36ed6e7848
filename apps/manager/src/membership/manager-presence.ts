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
  readonly etcd: Pick<EtcdStore, 'grantLease' | 'commit'>;
  readonly key: string;
  /** As it is now. */
  readonly presence: () => ManagerPresence;
  readonly logger: Logger;
}

/** Keeps a key in etcd until the signal aborts, and no longer than this process lives; its value follows the presence. */
export async function announceManager({ etcd, key, presence, logger }: Announcement, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let lease: Lease | undefined;
    try {
      const { id } = (lease = await etcd.grantLease(LEASE_TTL_SECONDS));
      let written: Uint8Array | undefined;
      const write = async (): Promise<void> => {
        const value = ManagerPresence.encode(presence()).finish();
        if (written && Buffer.compare(value, written) === 0) return;
        await etcd.commit([], [{ kind: 'put', key, value, lease: id }]);
        written = value;
      };
      await write();
      await keepAlive(lease, write, signal);
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the manager is not announced, will retry');
      await delay(RETRY_MS, signal);
    } finally {
      if (signal.aborted) await lease?.revoke().catch(() => undefined);
    }
  }
}

/** Returns when the signal aborts; throws when the lease has expired. Other failures are waited out. */
async function keepAlive(lease: Lease, write: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(KEEPALIVE_PERIOD_MS, signal);
    if (signal.aborted) return;
    const unlessExpired = (error: unknown): void => {
      if (isCode(error, 'NOT_FOUND')) throw error;
    };
    await lease.keepAlive().catch(unlessExpired);
    await write().catch(unlessExpired);
  }
}
