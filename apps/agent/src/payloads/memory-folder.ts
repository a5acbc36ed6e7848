import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';

const DEADLINE_MS = 10_000;
/** Field of /proc/self/mountinfo (proc(5)) that holds the mount point. */
const MOUNT_POINT_FIELD = 4;
const OPTIONS = 'mode=0700,nodev,nosuid,noexec';

/** A folder in memory: what is in it is on no disk. Mounted when it is first needed, and gone when it is empty. */
export class MemoryFolder {
  constructor(readonly path: string) {}

  /** @throws DomainError UNAVAILABLE when it cannot be mounted */
  async open(): Promise<void> {
    if (await this.isMounted()) return;
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    // Older kernels (before 6.4) have no way to keep memory out of the swap.
    await run('mount', ['-t', 'tmpfs', '-o', `${OPTIONS},noswap`, 'tmpfs', this.path]).catch(() =>
      run('mount', ['-t', 'tmpfs', '-o', OPTIONS, 'tmpfs', this.path]),
    );
  }

  /** Names of what is in it; nothing while it is not there. Asked for each task that ends: the list of all mounts is not read for it. */
  async entries(): Promise<string[]> {
    return readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }

  /** Does away with it if nothing is in it. */
  async closeIfEmpty(): Promise<void> {
    if ((await this.entries()).length > 0 || !(await this.isMounted())) return;
    await run('umount', [this.path]);
    await rmdir(this.path);
  }

  private async isMounted(): Promise<boolean> {
    const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
    return lines.some((line) => line.split(' ')[MOUNT_POINT_FIELD] === this.path);
  }
}

function run(command: 'mount' | 'umount', args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
    let complaint = '';
    child.stderr.setEncoding('utf8').on(
      'data',
      guarded((text: string) => (complaint += text), reject),
    );
    child.on('error', (cause) => reject(new DomainError('UNAVAILABLE', `${command}: ${messageOf(cause)}`, { cause })));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new DomainError('UNAVAILABLE', `${command} ${args.at(-1)} failed: ${complaint.trim()}`));
    });
  });
}
