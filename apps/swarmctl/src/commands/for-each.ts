import { EXIT, type ExitCode } from '../exit-codes';
import type { Session } from '../session';
import { reportError } from './report-error';

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
