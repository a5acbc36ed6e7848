import { join } from 'node:path';
import { eventually } from '#common/testing';
import type { LabHost } from '../lab/lab-host';
import type { LabProcess } from '../lab/process-table';
import { runCommand } from '../lab/run-command';

const PROGRAM = join(__dirname, 'net-meter.js');
const BYTES_PER_MEGABYTE = 1e6;
const MARGIN_MS = 20_000;
const MS_PER_SECOND = 1_000;

/** A server in some network namespace, and runs of callers against it. Namespaces are as nsenter takes them. */
export class NetMeter {
  private readonly server: LabProcess;

  constructor(
    host: LabHost,
    namespace: string,
    private readonly port: number,
  ) {
    const args = [namespace, '--', process.execPath, PROGRAM, '--serve', String(port)];
    this.server = host.spawn({ part: `net-meter-${port}`, command: 'nsenter', args });
  }

  /** Megabytes per second that one connection carries. */
  async megabytes(namespace: string, address: string, seconds: number): Promise<number> {
    return (await this.call(namespace, ['--bytes', ...this.target(address, seconds)], seconds)) / BYTES_PER_MEGABYTE;
  }

  /** Connections per second, so many at once. */
  connects(namespace: string, address: string, run: { seconds: number; atOnce: number }): Promise<number> {
    const { seconds, atOnce } = run;
    return this.call(namespace, ['--connects', String(atOnce), ...this.target(address, seconds)], seconds);
  }

  async stop(): Promise<void> {
    await this.server.kill();
  }

  private target(address: string, seconds: number): string[] {
    return ['--target', `${address}:${this.port}`, '--seconds', String(seconds)];
  }

  /** The first call may come before the server listens. */
  private call(namespace: string, args: string[], seconds: number): Promise<number> {
    const command = [namespace, '--', process.execPath, PROGRAM, ...args];
    const run = async (): Promise<number> => {
      const { stdout } = await runCommand('nsenter', command, { timeoutMs: seconds * MS_PER_SECOND + MARGIN_MS });
      return Number(stdout.trim());
    };
    return eventually(run, { reason: `${args.join(' ')} is measured`, timeoutMs: MARGIN_MS + 2 * seconds * MS_PER_SECOND });
  }
}
