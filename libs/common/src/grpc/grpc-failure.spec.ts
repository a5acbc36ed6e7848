import { status as GrpcStatus } from '@grpc/grpc-js';
import { DomainError } from '../errors';
import { grpcFailure } from './grpc-failure';

it.each([
  ['a code that the caller is told', new DomainError('PERMISSION_DENIED', 'no'), GrpcStatus.PERMISSION_DENIED],
  ['another one that is told', new DomainError('NOT_FOUND', 'no'), GrpcStatus.NOT_FOUND],
  ['one that is not', new DomainError('INVALID_ARGUMENT', 'no'), GrpcStatus.UNAVAILABLE],
  ['one that gRPC does not know', new DomainError('TOO_LARGE', 'no'), GrpcStatus.UNAVAILABLE],
  ['any other error', new Error('no'), GrpcStatus.UNAVAILABLE],
])('a call ends with %s as it should', (_, error, code) => {
  expect(grpcFailure(error, 'PERMISSION_DENIED', 'NOT_FOUND')).toEqual({ code, details: 'no' });
});
