import { delay, monotonicMs } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { nextBackoffMs } from './backoff';
import type { ManagerPicker } from './manager-picker';
import { isOnOwnHost } from './own-host';
import { runSession } from './session';
import type { SessionParty } from './session-party';

/** A session that lasted this long was a good one: the next failure is the first of a new row. */
const SETTLED_MS = 5_000;

/** Keeps a session with one of the managers at all times, until the signal aborts or the node is removed from the cluster. */
export class SessionLoop {
  /** The manager that there is a session with; undefined when there is none. */
  manager: string | undefined;
  /** Whether a manager has said that this node is no part of the cluster any more. */
  isRemoved = false;
  private lastReason = '';

  constructor(
    private readonly picker: ManagerPicker,
    private readonly party: SessionParty,
    private readonly logger: Logger,
    private readonly random: () => number = Math.random,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    let backoffMs = 0;
    while (!signal.aborted && !this.isRemoved) {
      const lastedMs = await this.runOnce(this.picker.pick(), signal);
      backoffMs = nextBackoffMs(lastedMs > SETTLED_MS ? 0 : backoffMs);
      // Random, so that the agents of a manager that died do not all arrive at another one together.
      await delay(this.random() * backoffMs, signal);
    }
  }

  /** @returns how many milliseconds the session lasted */
  private async runOnce(manager: string, signal: AbortSignal): Promise<number> {
    const startedMs = monotonicMs();
    try {
      await runSession(manager, this.partyOf(manager), signal);
    } catch (error) {
      this.picker.failed(manager);
      if (!signal.aborted) this.tell(manager, error);
    }
    if (this.manager !== undefined) this.party.parted();
    this.manager = undefined;
    return monotonicMs() - startedMs;
  }

  private partyOf(manager: string): SessionParty {
    return {
      ...this.party,
      welcomed: (welcome) => {
        this.manager = manager;
        this.lastReason = '';
        this.picker.worked(manager);
        this.picker.learn(welcome.managerAddresses);
        this.hearOfLock(manager, welcome.leaveLock);
        this.logger.info({ manager, sessionId: welcome.sessionId, clusterId: welcome.clusterId }, 'session began');
        this.party.welcomed(welcome);
      },
      redirected: (redirect) => {
        this.picker.learn(redirect.managerAddresses);
        this.hearOfLock(manager, redirect.leaveLock);
        this.party.redirected(redirect);
      },
      removed: (removal) => {
        this.isRemoved = !removal.clusterEnded;
        // The next cluster is the one of the managers that the agent was started with.
        if (removal.clusterEnded) this.picker.learn([]);
        this.party.removed(removal);
      },
    };
  }

  /** Only the agent's own host has it leave: what other managers name is not for it, whatever they take it for. */
  private hearOfLock(manager: string, lock: Uint8Array | undefined): void {
    if (isOnOwnHost(manager, this.party.advertiseAddress)) this.party.locked(lock);
  }

  /** Loudly once per reason: an agent without a manager tries for as long as it takes. */
  private tell(manager: string, error: unknown): void {
    const reason = messageOf(error);
    const fields = { manager, reason };
    if (reason === this.lastReason) this.logger.debug(fields, 'session ended');
    else this.logger.warn(fields, 'session ended');
    this.lastReason = reason;
  }
}
