import { ERROR_CODES, isCode, messageOf, type DomainError } from '#common/errors';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes';
import { writeLine, type Session } from '../session';

function isDomainError(error: unknown): error is DomainError {
  return isCode(error, ...ERROR_CODES);
}

/** Says what went wrong, and gives the exit code for it. An error that nobody foresaw is a fault of ours and shows where. */
export function reportError(session: Session, error: unknown): ExitCode {
  if (isDomainError(error)) {
    writeLine(session.stderr, `swarmctl: ${error.message}`);
    return exitCodeOf(error.code);
  }
  const where = error instanceof Error && error.stack ? error.stack : messageOf(error);
  writeLine(session.stderr, `swarmctl: unexpected error, please report it: ${where}`);
  return EXIT.refused;
}
