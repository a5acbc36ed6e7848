import { DomainError } from '#common/errors';
import { Assignments_Type, type Assignments } from '#common/dispatcher-proto';

/**
 * The number of the set that results from the message.
 * @param current number of the set before it; undefined before the first COMPLETE set of a session
 * @throws DomainError ABORTED when a message is missing in between, or is of an unknown kind, so that the session has to begin anew
 */
export function followSequence(current: number | undefined, message: Assignments): number {
  if (!Object.hasOwn(Assignments_Type, message.type)) {
    throw new DomainError('ABORTED', `assignments of an unknown kind arrived: ${message.type}`);
  }
  if (message.type === Assignments_Type.INCREMENTAL && message.appliesTo !== current) {
    throw new DomainError('ABORTED', `assignments for set ${message.appliesTo} arrived while set ${current ?? 'none'} is known`);
  }
  return message.resultsIn;
}
