import { isCode, ERROR_CODES, messageOf, type DomainError } from '#common/errors';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes';
import { writeLine, type Session } from '../session';

function isDomainError(error: unknown): error is DomainError {
  return isCode(error, ...ERROR_CODES);
}

/** Says what went wrong, and gives the exit code for it. */
export function reportError(session: Session, error: unknown): ExitCode {
  writeLine(session.stderr, `swarmctl: ${messageOf(error)}`);
  return isDomainError(error) ? exitCodeOf(error.code) : EXIT.refused;
}

/**
 * Works on several objects, one after the other. One that fails does not keep the others from being done; the exit code is
 * that of the first that failed.
 */
export async function forEach(
  session: Session,
  references: readonly string[],
  work: (reference: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  let first: ExitCode = EXIT.ok;
  for (const reference of references) {
    const code = await work(reference).catch((error: unknown) => reportError(session, error));
    if (first === EXIT.ok) first = code;
    // Nobody there now is nobody there for the next one either, and Ctrl-C means all of it.
    if (code === EXIT.unreachable || code === EXIT.interrupted) break;
  }
  return first;
}
