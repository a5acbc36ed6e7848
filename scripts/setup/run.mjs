// Running other programs from the scripts, and knowing whether a script was started itself or imported.
import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './platform.mjs';

/** The checkout that these scripts belong to. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Exit codes from here on mean, as in a shell, that a signal ended the program. */
export const SIGNALLED = 128;
const COULD_NOT_START = 127;
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Whether the module at `moduleUrl` is the program that Node was asked to run. */
export function isEntryPoint(moduleUrl, program) {
  return program !== undefined && realpathSync(program) === fileURLToPath(moduleUrl);
}

/** Says on stderr what is being done, unless `quiet`. */
export function announce(quiet, text) {
  if (!quiet) process.stderr.write(`setup: ${text}\n`);
}

/**
 * Runs a program to completion in the checkout. Its output is shown, or with `quiet` only when it fails.
 * @throws {SetupError} when it cannot be started or ends with anything but 0
 */
export function runStep(command, args, { quiet = false, env = process.env } = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    stdio: ['ignore', quiet ? 'pipe' : 2, quiet ? 'pipe' : 2],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  const how = result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`);
  throw new SetupError(`\`${[command, ...args].join(' ')}\` failed: ${how}. See its output above.`);
}

/**
 * Runs a program with this process's terminal and passes SIGINT, SIGTERM and SIGHUP on to it.
 * @returns {Promise<number>} its exit code; 128 + signal number when a signal ended it
 */
export async function runInForeground(command, args, { env = process.env } = {}) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child as well, which therefore must take a second SIGINT for the same one.
  const passOn = (signal) => child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    return await exitCodeOf(child);
  } catch (error) {
    process.stderr.write(`${command}: ${error.message}\n`);
    return COULD_NOT_START;
  } finally {
    for (const signal of PASSED_ON) process.removeListener(signal, passOn);
  }
}

function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? SIGNALLED + constants.signals[signal]));
  });
}
