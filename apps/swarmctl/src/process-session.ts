import { delay, monotonicMs } from '#common/concurrency';
import { EXIT } from './exit-codes';
import type { Input, Screen, Session } from './session';

const USUAL_COLUMNS = 80;

function screenOf(stream: NodeJS.WriteStream): Screen {
  // A reader that has seen enough, such as head, is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.refused));
  return {
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || USUAL_COLUMNS,
    write: (text) => void stream.write(text),
    writeBytes: (bytes) =>
      new Promise((resolve) => {
        if (stream.write(bytes)) resolve();
        else stream.once('drain', resolve);
      }),
  };
}

function onInterrupt(handler: () => void): () => void {
  process.once('SIGINT', handler);
  return () => process.off('SIGINT', handler);
}

const USUAL_ROWS = 24;

function processInput(): Input {
  const { stdin, stdout } = process;
  return {
    isTerminal: stdin.isTTY === true,
    stream: stdin,
    setRaw: (isRaw) => void stdin.setRawMode(isRaw),
    size: () => ({ rows: stdout.rows || USUAL_ROWS, columns: stdout.columns || USUAL_COLUMNS }),
    onResize: (handler) => {
      stdout.on('resize', handler);
      return () => stdout.off('resize', handler);
    },
  };
}

/** The session of this very process. */
export function processSession(): Session {
  return {
    stdout: screenOf(process.stdout),
    stderr: screenOf(process.stderr),
    stdin: processInput(),
    env: process.env,
    cwd: process.cwd(),
    clock: { monotonicMs, wallMs: Date.now, pause: delay },
    onInterrupt,
  };
}
