import { status as GrpcStatus } from '@grpc/grpc-js';
import { DomainError, messageOf, type ErrorCode } from '../errors';

const CODE_OF_STATUS: Partial<Record<number, ErrorCode>> = {
  [GrpcStatus.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [GrpcStatus.RESOURCE_EXHAUSTED]: 'RESOURCE_EXHAUSTED',
  [GrpcStatus.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [GrpcStatus.NOT_FOUND]: 'NOT_FOUND',
};

/** Runs a call and turns etcd3's errors, which are told apart by class name and text only, into ours. */
export async function translated<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toDomainError(what, error);
  }
}

function toDomainError(what: string, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const text = messageOf(error);
  const name = error instanceof Error ? error.constructor.name : '';
  const status = (error as { code?: number }).code;
  if (name === 'EtcdLeaseInvalidError')
    return new DomainError('NOT_FOUND', `etcd ${what}: the lease has expired`, { cause: error });
  if (/request is too large|message larger than max/.test(text))
    return new DomainError('TOO_LARGE', `etcd ${what}: the object is too large`, { cause: error });
  const code = (status !== undefined && CODE_OF_STATUS[status]) || codeOfText(text, name);
  return new DomainError(code, `etcd ${what}: ${text}`, { cause: error });
}

function codeOfText(text: string, name: string): ErrorCode {
  if (/DEADLINE_EXCEEDED|Deadline exceeded/.test(text)) return 'DEADLINE_EXCEEDED';
  if (/database space exceeded|NOSPACE/.test(text) || name === 'GRPCResourceExhastedError') return 'RESOURCE_EXHAUSTED';
  return 'UNAVAILABLE';
}
