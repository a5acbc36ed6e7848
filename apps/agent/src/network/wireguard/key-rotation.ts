import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { WireguardKeys } from './wireguard-keys';

/** SwarmKit changes the keys of its encrypted networks as often (manager/keymanager). */
export const DEFAULT_KEY_PERIOD_MS = 12 * 3_600_000;
/** How often it is looked at whether something is due; a tenth of shorter periods. */
const LOOK_MS = 60_000;
/** Between the managers' word that all nodes are told of the next key and its use: for those whose stream is slow. */
const SETTLE_MS = 5_000;
const LOOKS_PER_PERIOD = 10;

/** What the rotation needs to know of its surroundings. */
export interface RotationParts {
  readonly keys: WireguardKeys;
  readonly periodMs: number;
  /** Whether this node has encrypted networks now, and its engine and a manager hear of it. */
  readonly isInUse: () => boolean;
  /** The public key that the managers, and so all nodes, have as this node's next one. */
  readonly knownNext: () => string | undefined;
  /** Tells the managers and the tunnel of the keys. */
  readonly changed: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Replaces the node's key once per period without a gap: the next key is announced first, and used when all nodes accept it. Without
 * managers nobody can be told, and everything stays as it is.
 */
export async function rotateKeys(parts: RotationParts, signal: AbortSignal): Promise<void> {
  const { keys, periodMs, isInUse, logger } = parts;
  const lookMs = Math.min(LOOK_MS, periodMs / LOOKS_PER_PERIOD);
  // Announced before the agent started, maybe.
  if (keys.ring.next) await parts.changed();
  while (!signal.aborted) {
    await delay(lookMs, signal);
    if (signal.aborted || !isInUse()) continue;
    try {
      if (keys.ring.next) await useNext(parts, signal);
      else if (Date.now() - Date.parse(keys.ring.since) >= periodMs) {
        await keys.announce();
        await parts.changed();
      }
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the key of encrypted networks was not changed, will retry');
    }
  }
}

async function useNext({ keys, periodMs, knownNext, changed, logger }: RotationParts, signal: AbortSignal): Promise<void> {
  const isKnown = (): boolean => knownNext() === keys.ring.next?.publicKey;
  if (!isKnown()) return;
  await delay(Math.min(SETTLE_MS, periodMs / LOOKS_PER_PERIOD), signal);
  if (signal.aborted || !isKnown()) return;
  await keys.promote(new Date());
  await changed();
  logger.info('the key of encrypted networks was changed');
}
