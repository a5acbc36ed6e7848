import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { guarded } from '../concurrency';
import { requireCommandText, requireParameter } from '../domain';
import { DomainError, isCode, messageOf } from '../errors';

/** The host's network stack takes milliseconds; one that hangs must not hold up the agent. */
const DEADLINE_MS = 15_000;
const MAX_ERROR_LENGTH = 500;

export type HostTool =
  'ip' | 'bridge' | 'nft' | 'iptables' | 'ip6tables' | 'iptables-restore' | 'ip6tables-restore' | 'wg' | 'wireguard-go';

/** It leaves a program running, which is not to end with whoever started it. */
const DAEMON: HostTool = 'wireguard-go';

/** Runs the tools that configure the host's network. */
export interface HostCommands {
  /**
   * @returns what it printed
   * @throws DomainError UNAVAILABLE with what it complained of · DEADLINE_EXCEEDED · INVALID_ARGUMENT it was not run: see
   *   requireCommandText
   */
  run(tool: HostTool, args: readonly string[], input?: string): Promise<string>;
  /** Sets a kernel parameter, named as in /proc/sys. @throws DomainError UNAVAILABLE · INVALID_ARGUMENT */
  setParameter(path: string, value: string): Promise<void>;
}

/** HostCommands on this host, as root. */
export const hostCommands: HostCommands = {
  run: runTool,
  setParameter: async (path, value) => {
    requireParameter(path, value);
    try {
      await writeFile(`/proc/sys/${path}`, value);
    } catch (cause) {
      throw new DomainError('UNAVAILABLE', `the kernel parameter ${path} cannot be set to ${value}: ${messageOf(cause)}`, {
        cause,
      });
    }
  },
};

async function runTool(tool: HostTool, args: readonly string[], input = ''): Promise<string> {
  requireCommandText(tool, args, input);
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { stdio: 'pipe', timeout: DEADLINE_MS, killSignal: 'SIGKILL', detached: tool === DAEMON });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on(
      'data',
      guarded((text: string) => (stdout += text), reject),
    );
    child.stderr.setEncoding('utf8').on(
      'data',
      guarded((text: string) => (stderr += text), reject),
    );
    child.stdin.on('error', () => undefined).end(input);
    child.on('error', (cause) => reject(new DomainError('UNAVAILABLE', `${tool} cannot be run: ${messageOf(cause)}`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const what = `${tool} ${args.join(' ')}`.trim();
      if (signal) return reject(new DomainError('DEADLINE_EXCEEDED', `${what} took longer than ${DEADLINE_MS} ms`));
      return reject(new DomainError('UNAVAILABLE', `${what} failed: ${stderr.trim().slice(0, MAX_ERROR_LENGTH)}`));
    });
  });
}

/** For a command that removes what may be gone already. */
export function ignoreRefusal(error: unknown): void {
  if (!isCode(error, 'UNAVAILABLE')) throw error;
}

/** Runs all of the lines in one go, also those after one that the kernel refuses: what they are about may be gone by now. */
export async function runForced(commands: HostCommands, tool: 'ip' | 'bridge', lines: readonly string[]): Promise<void> {
  await commands.run(tool, ['-force', '-batch', '-'], `${lines.join('\n')}\n`).catch(ignoreRefusal);
}
