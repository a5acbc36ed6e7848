import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../lab/run-command';
import type { LabHost } from '../lab/lab-host';
import type { LoadReport } from './http-load';

const GENERATOR = join(__dirname, '../../dist/test/e2e/http-load.js');
/** Longer than a call may take. */
const STOP_TIMEOUT_MS = 30_000;

/** Calls the URLs from the host at a steady rate while `work` is done. @returns what the callers saw */
export async function underLoad(
  host: LabHost,
  { urls, rate }: { readonly urls: readonly string[]; readonly rate: number },
  work: () => Promise<void>,
): Promise<LoadReport> {
  const args = [GENERATOR, '--rate', String(rate), ...urls.flatMap((url) => ['--url', url])];
  rmSync(logOf(host), { force: true });
  const generator = host.spawn({ part: 'load', command: process.execPath, args });
  try {
    await work();
  } finally {
    await generator.stop(STOP_TIMEOUT_MS);
  }
  return JSON.parse(readFileSync(generator.logFile, 'utf8')) as LoadReport;
}

function logOf(host: LabHost): string {
  return host.process('load')?.logFile ?? '/nonexistent';
}

/** Runs a command in a container of the host's engine. @throws CommandError unless it ends with 0 */
export async function inContainer(host: LabHost, containerId: string, ...command: string[]): Promise<string> {
  const args = ['-H', `unix://${host.dockerSocket}`, 'exec', containerId, ...command];
  return (await runCommand('/usr/bin/docker', args, { timeoutMs: 15_000 })).stdout;
}

/** How far counts are from even, as chi-square's test statistic; zeros have to be given too. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
