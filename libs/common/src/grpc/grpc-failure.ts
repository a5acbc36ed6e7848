import { status as GrpcStatus } from '@grpc/grpc-js';
import { isCode, messageOf, type ErrorCode } from '../errors';

/** Codes that gRPC has, too, under the same name. */
type SharedCode = Extract<ErrorCode, keyof typeof GrpcStatus>;

/**
 * How a server ends a call with an error.
 * @param told codes that the caller is told; whatever else it is, is UNAVAILABLE: try again, maybe elsewhere
 */
export function grpcFailure(error: unknown, ...told: SharedCode[]): { code: GrpcStatus; details: string } {
  const code = isCode(error, ...told) ? GrpcStatus[error.code as SharedCode] : GrpcStatus.UNAVAILABLE;
  return { code, details: messageOf(error) };
}
