import { spawn } from 'node:child_process';

/** What a finished command printed. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command to completion. */
export interface CommandOptions {
  /** After this it is killed and counts as failed; 30 s unless told. */
  readonly timeoutMs?: number;
  readonly input?: string | Buffer;
  /** The whole environment; unless told, `commandEnvironment()`. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** A command that could not be started, ended with a code other than 0, or was killed. */
export class CommandError extends Error {
  constructor(
    readonly commandLine: string,
    readonly exitCode: number | null,
    why: string,
    readonly output: CommandOutput,
  ) {
    const printed = (output.stderr.trim() || output.stdout.trim()).slice(-MAX_PRINTED_IN_ERROR);
    super(`\`${commandLine}\` ${why}${printed ? `: ${printed}` : ''}`);
  }
}

const MAX_PRINTED_IN_ERROR = 2_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const SYSTEM_FOLDERS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The environment that everything of the lab runs in: the machine's own proxies, Docker hosts and the like must not
 * reach in, and system programs must be found also when the user's PATH lacks their folders.
 */
export function commandEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env;
  return { PATH: PATH ? `${PATH}:${SYSTEM_FOLDERS}` : SYSTEM_FOLDERS, HOME: HOME ?? '/root', LANG: LANG ?? 'C.UTF-8', ...extra };
}

/**
 * Runs a command to completion.
 * @throws CommandError unless it ends with 0 in time; the signal's reason when aborted
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  options.signal?.throwIfAborted();
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const child = spawn(command, args, { env: options.env ?? commandEnvironment(), stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => undefined).end(options.input);
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  return new Promise<CommandOutput>((resolve, reject) => {
    const output = () => ({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    const fail = (code: number | null, why: string) =>
      reject(new CommandError([command, ...args].join(' '), code, why, output()));
    child.once('error', (error) => fail(null, `could not be started (${error.message})`));
    child.once('close', (code, signal) => {
      if (options.signal?.aborted) reject(options.signal.reason as Error);
      else if (code === 0) resolve(output());
      else fail(code, code === null ? `was ended by ${signal} (time limit ${timeoutMs} ms)` : `ended with code ${code}`);
    });
  }).finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  });
}
