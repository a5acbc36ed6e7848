import { DomainError } from '#common/errors';
import type { EngineApi } from './engine-api';
import { isRefusal, toDomainError } from './engine-error';
import { jsonLines } from './json-lines';
import type { PullReport } from './pull-progress';
import { progressTeller, type PullListener } from './progress-teller';

/** A pull without any progress for this long hangs: even unpacking a large layer reports several times a minute. */
const STALL_MS = 5 * 60_000;
/** How a pull is done. */
export interface Pull {
  /** Interrupts it. */
  readonly signal: AbortSignal;
  readonly tell: PullListener;
  /** The X-Registry-Auth header. */
  readonly registryAuth?: string;
}

/**
 * Pulls an image and resolves when it is there. Tells how far it is when that changes, at most once per second.
 * @throws DomainError FAILED_PRECONDITION with the registry's or engine's reason · DEADLINE_EXCEEDED when it makes no progress ·
 *   UNAVAILABLE · CANCELLED
 */
export async function pullImage(engine: EngineApi, image: string, { signal, tell, registryAuth }: Pull): Promise<void> {
  const note = progressTeller(image, tell);
  const stall = new AbortController();
  const expire = (): void =>
    stall.abort(new DomainError('DEADLINE_EXCEEDED', `pulling ${image} made no progress for ${STALL_MS} ms`));
  const timer = setTimeout(expire, STALL_MS);
  const abortSignal = AbortSignal.any([signal, stall.signal]);
  try {
    const auth = registryAuth === undefined ? undefined : { key: registryAuth };
    const stream = await engine.createImage(auth, { ...toPullReference(image), abortSignal });
    for await (const line of jsonLines(stream)) {
      timer.refresh();
      const reason = (line as { error?: unknown }).error;
      if (typeof reason === 'string') throw new DomainError('FAILED_PRECONDITION', reason);
      note(line as PullReport);
    }
  } catch (error) {
    if (stall.signal.aborted) throw stall.signal.reason;
    // Whatever its status, an answer is the registry's refusal as the engine passes it on: the engine itself is there.
    if (isRefusal(error))
      throw new DomainError('FAILED_PRECONDITION', toDomainError(`pull ${image}`, error).message, { cause: error });
    throw toDomainError(`pull ${image}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Without a tag the engine would pull every tag there is. A digest goes where a tag would. */
export function toPullReference(image: string): { fromImage: string; tag: string } {
  const at = image.indexOf('@');
  if (at >= 0) return { fromImage: image.slice(0, at), tag: image.slice(at + 1) };
  const colon = image.lastIndexOf(':');
  // A colon before the last slash belongs to the registry's port.
  if (colon <= image.lastIndexOf('/')) return { fromImage: image, tag: 'latest' };
  return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) };
}
