import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often to look, and what is being waited for. */
export interface EventuallyOptions {
  /** What is awaited, for the error: "3 tasks run on n2". */
  readonly reason: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;
// Short against everything that is waited for here (processes, engines, links), long against one look at it.
const DEFAULT_INTERVAL_MS = 20;

type Attempt<T> = { readonly passed: true; readonly value: T } | { readonly passed: false; readonly why: unknown };

async function attempt<T>(check: () => T | Promise<T>): Promise<Attempt<Exclude<T, false>>> {
  try {
    const value = await check();
    return value === false ? { passed: false, why: undefined } : { passed: true, value: value as Exclude<T, false> };
  } catch (error) {
    return { passed: false, why: error };
  }
}

function timeoutError(options: EventuallyOptions, timeoutMs: number, why: unknown): Error {
  const detail = why instanceof Error ? `: ${why.message}` : '';
  return new Error(`not within ${timeoutMs} ms: ${options.reason}${detail}`, { cause: why });
}

/**
 * Repeats `check` until it holds, that is, until it neither throws nor gives `false`; resolves with what it gave.
 * @throws Error after `timeoutMs` (10 s unless told), naming the reason and the last failure; the signal's reason when aborted
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions): Promise<Exclude<T, false>> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const end = endOfWaiting(timeoutMs, options.signal);
  let lastFailure: unknown;
  try {
    while (!end.signal.aborted) {
      const outcome = await Promise.race([attempt(check), end.reached]);
      if (outcome?.passed) return outcome.value;
      lastFailure = outcome?.why ?? lastFailure;
      await delay(options.intervalMs ?? DEFAULT_INTERVAL_MS, undefined, { signal: end.signal }).catch(() => undefined);
    }
  } finally {
    end.release();
  }
  options.signal?.throwIfAborted();
  throw timeoutError(options, timeoutMs, lastFailure);
}

/** The deadline and the caller's signal as one, also as a promise so that a check that hangs ends with it too. */
function endOfWaiting(timeoutMs: number, outer?: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  outer?.addEventListener('abort', abort, { once: true });
  if (outer?.aborted) abort();
  const reached = new Promise<undefined>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (controller.signal.aborted) resolve(undefined);
  });
  const release = () => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, reached, release };
}
