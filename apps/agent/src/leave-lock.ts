import { join } from 'node:path';
import { messageOf } from '#common/errors';
import { DurableFile, readIfPresent } from '#common/files';
import type { Logger } from '#common/logging';

const FILE = 'leave-lock';

/** What this host's manager has given its agents to say in every hello: whoever has its key, which is the host, has them leave. */
export class LeaveLock {
  private constructor(
    private readonly file: DurableFile,
    private lock: Buffer,
    private readonly logger: Logger,
  ) {}

  /** @throws whatever the file system throws */
  static async load(dataDir: string, logger: Logger): Promise<LeaveLock> {
    const path = join(dataDir, FILE);
    const text = (await readIfPresent(path)) ?? '';
    return new LeaveLock(new DurableFile(path), Buffer.from(text.trim(), 'base64'), logger);
  }

  /** Undefined where the host has joined no cluster. */
  get value(): Buffer | undefined {
    return this.lock.length > 0 ? this.lock : undefined;
  }

  /** Known at once, and after a restart. */
  set(lock: Uint8Array | undefined): void {
    const next = Buffer.from(lock ?? []);
    if (next.equals(this.lock)) return;
    this.lock = next;
    this.file.write(`${next.toString('base64')}\n`).catch((error: unknown) => {
      this.logger.warn({ reason: messageOf(error), path: this.file.path }, 'the leave lock is not kept over a restart');
    });
  }
}
