import type { ErrorCode } from '#common/errors';

/**
 * Docker's status for each of our codes. Docker's clients know these: a failed precondition is 400, and a stale version is
 * 500 ("update out of sequence"), on which they retry.
 */
export const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 500,
  FAILED_PRECONDITION: 400,
  RESOURCE_EXHAUSTED: 503,
  TOO_LARGE: 413,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
  CANCELLED: 503,
  COMPACTED: 503,
} as const satisfies Record<ErrorCode, number>;
