import { delay, monotonicMs } from '#common/concurrency';
import type { Screen, Session } from './session';

const USUAL_COLUMNS = 80;

function screenOf(stream: NodeJS.WriteStream): Screen {
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
