import { delay, monotonicMs } from '#common/concurrency';
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
/** Part of the period for which a node waits for its turn; another that is down may keep it for ever. */
const TURN_PATIENCE = 0.25;

/**
 * WireGuard takes a greeting only when its time of day is later than that of the greeting before. When the clock was set back, others
 * hear nothing of this node until it gets there again; unless it has another key, of which they know no greeting.
 */
const SET_BACK_MS = 1_000;

/** What the rotation needs to know of its surroundings. */
export interface RotationParts {
  readonly keys: WireguardKeys;
  readonly periodMs: number;
  /** Whether this node has encrypted networks now, and its engine and a manager hear of it. */
  readonly isInUse: () => boolean;
  /** The public key that the managers, and so all nodes, have as this node's next one. */
  readonly knownNext: () => string | undefined;
  /**
   * Whether no node before this one is about to change its key. Two that do so at once greet each other at once, and WireGuard takes
   * neither greeting: they would hear nothing of each other for the 5 s until the next.
   */
  readonly isTurn: () => boolean;
  /** Resolves when the tunnel uses the current key, or after a while without. */
  readonly used: (signal: AbortSignal) => Promise<void>;
  /** Tells the managers of the keys. */
  readonly tell: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Replaces the node's key once per period without a gap: the next key is announced first, and used when all nodes accept it. Without
 * managers nobody can be told, and everything stays as it is.
 */
export async function rotateKeys(parts: RotationParts, signal: AbortSignal): Promise<void> {
  const { keys, periodMs, isInUse, isTurn, logger } = parts;
  // Both on the clock that nobody sets: the one on the wall would change keys too soon, or not for as long as it was set back.
  let { current } = keys.ring;
  let currentSince = monotonicMs() - usedForMs(keys.ring.since, periodMs, Date.now());
  let highestAhead = wallAheadMs();
  let waitingSince = monotonicMs();
  const lookMs = Math.min(LOOK_MS, periodMs / LOOKS_PER_PERIOD);
  // Announced before the agent started, maybe.
  if (keys.ring.next) await parts.tell();
  while (!signal.aborted) {
    await delay(lookMs, signal);
    if (signal.aborted || !isInUse()) continue;
    highestAhead = Math.max(highestAhead, wallAheadMs());
    const isSetBack = wallAheadMs() < highestAhead - SET_BACK_MS;
    try {
      if (keys.ring.next) {
        if (isTurn() || monotonicMs() - waitingSince > TURN_PATIENCE * periodMs) await useNext(parts, signal);
      } else if (isSetBack || monotonicMs() - currentSince >= periodMs) {
        await keys.announce();
        waitingSince = monotonicMs();
        await parts.tell();
      }
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the key of encrypted networks was not changed, will retry');
    }
    if (keys.ring.current !== current) {
      current = keys.ring.current;
      currentSince = monotonicMs();
      highestAhead = wallAheadMs();
    }
  }
}

/** For how long the key was used before this process began; for long enough when the clock was set back since. */
function usedForMs(since: string, periodMs: number, now: number): number {
  const ms = now - Date.parse(since);
  return ms < 0 ? periodMs : Math.min(ms, periodMs);
}

/** By how much the clock on the wall is ahead of the one that nobody sets. */
function wallAheadMs(): number {
  return Date.now() - monotonicMs();
}

async function useNext({ keys, periodMs, knownNext, used, tell, logger }: RotationParts, signal: AbortSignal): Promise<void> {
  const isKnown = (): boolean => knownNext() === keys.ring.next?.publicKey;
  if (!isKnown()) return;
  await delay(Math.min(SETTLE_MS, periodMs / LOOKS_PER_PERIOD), signal);
  if (signal.aborted || !isKnown()) return;
  await keys.promote(new Date());
  // Who heard of it sooner would say hello to a key that nobody answers for, and only say it again after 5 s.
  await used(signal);
  await tell();
  logger.info('the key of encrypted networks was changed');
}
