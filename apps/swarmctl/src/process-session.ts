import { delay, monotonicMs } from '#common/concurrency';
import { EXIT } from './exit-codes';
import type { Screen, Session } from './session';

const USUAL_COLUMNS = 80;

function screenOf(stream: NodeJS.WriteStream): Screen {
  // A reader that has seen enough, such as head, is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.refused));
  return {
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || USUAL_COLUMNS,
    write: (text) => void stream.write(text),
  };
}

function onInterrupt(handler: () => void): () => void {
  process.once('SIGINT', handler);
  return () => process.off('SIGINT', handler);
}

/** The session of this very process. */
export function processSession(): Session {
  return {
    stdout: screenOf(process.stdout),
    stderr: screenOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    clock: { monotonicMs, wallMs: Date.now, pause: delay },
    onInterrupt,
  };
}
