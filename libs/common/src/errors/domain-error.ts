/** What went wrong, in gRPC's vocabulary; each edge maps these once to its own codes. */
export const ERROR_CODES = [
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'ABORTED',
  'FAILED_PRECONDITION',
  'RESOURCE_EXHAUSTED',
  'TOO_LARGE',
  'INTERNAL',
  'UNIMPLEMENTED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'COMPACTED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The one error that our own code throws. `message` says what failed, why, and what to do; `cause` keeps a foreign error. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Tells by `code`, not by class: errors cross package and test realms. */
export function isCode(error: unknown, ...codes: ErrorCode[]): error is DomainError {
  return error instanceof Error && error.name === 'DomainError' && codes.includes((error as DomainError).code);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Makes a switch over a closed union exhaustive: a new member fails to compile here. */
export function assertNever(value: never): never {
  throw new DomainError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}
