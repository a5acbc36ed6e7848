import { DomainError } from '#common/errors';

// Networks and services of the stack carry its name at their front, and those names are checked by the manager.
const STACK_NAME = /^[a-z0-9][a-z0-9_-]*$/i;
const MAX_LENGTH = 60;

/** @throws DomainError INVALID_ARGUMENT for what cannot be the name of a stack */
export function requireStackName(name: string): string {
  if (name.length <= MAX_LENGTH && STACK_NAME.test(name)) return name;
  throw new DomainError(
    'INVALID_ARGUMENT',
    `'${name}' is not the name of a stack: letters, digits, '-' and '_', a letter or digit first, at most ${MAX_LENGTH}`,
  );
}

/** What to throw when a stack has nothing. */
export function nothingIn(stack: string): DomainError {
  return new DomainError('NOT_FOUND', `nothing found in stack: ${stack}`);
}
