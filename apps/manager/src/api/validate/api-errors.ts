import { inSwarmKitsWords } from '#common/domain';
import { DomainError } from '#common/errors';

/** A spec that does not hold together, in SwarmKit's form. */
export function invalidSpec(text: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', inSwarmKitsWords('InvalidArgument', text));
}

/** A spec that Docker's own layer cannot read, which answers without SwarmKit's prefix. */
export function unreadableSpec(text: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', text);
}

/** A change that is not possible, in SwarmKit's form. */
export function unimplementedChange(text: string): DomainError {
  return new DomainError('UNIMPLEMENTED', inSwarmKitsWords('Unimplemented', text));
}

/** A change that the object's present state forbids, in SwarmKit's form. */
export function failedPrecondition(text: string): DomainError {
  return new DomainError('FAILED_PRECONDITION', inSwarmKitsWords('FailedPrecondition', text));
}

/** A name that somebody else has, in SwarmKit's form. */
export function alreadyExists(text: string): DomainError {
  return new DomainError('ALREADY_EXISTS', inSwarmKitsWords('AlreadyExists', text));
}

/** A change that was based on an older version. Clients recognise the text and try again. */
export function outOfSequence(): DomainError {
  return new DomainError('ABORTED', inSwarmKitsWords('Unknown', 'update out of sequence'));
}

/** Refuses a value that is none of Docker's; an empty one means the default. */
export function requireOneOf(value: string, known: readonly string[], text: string): void {
  if (value !== '' && !known.includes(value)) throw unreadableSpec(text);
}
