import { DomainError, messageOf, type ErrorCode } from '#common/errors';

interface EngineRefusal extends Error {
  readonly statusCode: number;
  readonly json?: { readonly message?: unknown } | null;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
};
const NOT_MODIFIED = 304;
/** What dockerode puts before the engine's words. */
const CLIENT_PREFIX = /^\(HTTP code \d+\) [^-]* - /;

/**
 * Any error of a call to the engine, as ours. An answer keeps the engine's own words, which people know from Docker; no answer
 * says which call went without.
 */
export function toDomainError(what: string, error: unknown): DomainError {
  if (nameOf(error) === 'DomainError') return error as DomainError;
  if (isRefusal(error)) return refused(error);
  if (nameOf(error) === 'AbortError') return new DomainError('CANCELLED', `${what} was interrupted`, { cause: error });
  return new DomainError('UNAVAILABLE', `the engine does not answer (${what}): ${messageOf(error)}`, { cause: error });
}

/** Whether the engine says that the container already is as it was asked to be. */
export function isAlreadyDone(error: unknown): boolean {
  return isRefusal(error) && error.statusCode === NOT_MODIFIED;
}

function refused(error: EngineRefusal): DomainError {
  const said = error.json?.message;
  const text = (typeof said === 'string' ? said : error.message.replace(CLIENT_PREFIX, '')).trim();
  const isFull = /no space left on device/i.test(text);
  return new DomainError(isFull ? 'RESOURCE_EXHAUSTED' : (CODES[error.statusCode] ?? 'INTERNAL'), text, { cause: error });
}

/** Whether the engine has answered, with an error. */
export function isRefusal(error: unknown): error is EngineRefusal {
  return error instanceof Error && typeof (error as Partial<EngineRefusal>).statusCode === 'number';
}

/** Told by name, not by class: Node's own errors come from another realm than a test's. */
function nameOf(error: unknown): unknown {
  return (error as { name?: unknown } | null | undefined)?.name;
}
