import { DomainError } from '#common/errors';

// Docker passes on what SwarmKit answers over gRPC with this in front; clients match on such texts.
const prefixed = (grpcCode: string, text: string): string => `rpc error: code = ${grpcCode} desc = ${text}`;

/** A spec that does not hold together, in SwarmKit's form. */
export function invalidSpec(text: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', prefixed('InvalidArgument', text));
}

/** A spec that Docker's own layer cannot read, which answers without SwarmKit's prefix. */
export function unreadableSpec(text: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', text);
}

/** A change that is not possible, in SwarmKit's form. */
export function unimplementedChange(text: string): DomainError {
  return new DomainError('UNIMPLEMENTED', prefixed('Unimplemented', text));
}

/** A change that the object's present state forbids, in SwarmKit's form. */
export function failedPrecondition(text: string): DomainError {
  return new DomainError('FAILED_PRECONDITION', prefixed('FailedPrecondition', text));
}

/** A name that somebody else has, in SwarmKit's form. */
export function alreadyExists(text: string): DomainError {
  return new DomainError('ALREADY_EXISTS', prefixed('AlreadyExists', text));
}

/** A change that was based on an older version. Clients recognise the text and try again. */
export function outOfSequence(): DomainError {
  return new DomainError('ABORTED', prefixed('Unknown', 'update out of sequence'));
}

/** Refuses a value that is none of Docker's; an empty one means the default. */
export function requireOneOf(value: string, known: readonly string[], text: string): void {
  if (value !== '' && !known.includes(value)) throw unreadableSpec(text);
}
