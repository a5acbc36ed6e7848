import { access, chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConcurrencyLimit } from '#common/concurrency';
import type { Payload, Payloads } from '#common/dispatcher-proto';
import { DomainError, isCode, messageOf } from '#common/errors';
import type { NodeDescription, Task } from '#common/proto';
import type { FileHost, FileMount } from './file-host';
import type { MemoryFolder } from './memory-folder';
import { fileTargets, hasFiles, toPayloadFiles, type PayloadFile } from './payload-files';

/**
 * Secrets and configs in files, one folder per task, all in memory. They stay when the agent ends, since containers need them, and go
 * with their task.
 */
export class TaskFiles implements FileHost {
  private readonly known = { secret: new Map<string, Payload>(), config: new Map<string, Payload>() };
  /** One after the other: the folder as a whole comes and goes. */
  private readonly turns = new ConcurrencyLimit(1);

  constructor(
    private readonly folder: MemoryFolder,
    private readonly node: () => NodeDescription,
  ) {}

  learn(payloads: Payloads | undefined): void {
    for (const payload of payloads?.secrets ?? []) this.known.secret.set(payload.id, payload);
    for (const payload of payloads?.configs ?? []) this.known.config.set(payload.id, payload);
  }

  provide(task: Task): Promise<readonly FileMount[]> {
    if (!hasFiles(task)) return Promise.resolve([]);
    return this.turns.run(() => this.write(task));
  }

  remove(taskId: string): Promise<void> {
    return this.turns.run(async () => {
      if (!(await this.folder.entries()).includes(taskId)) return;
      await rm(join(this.folder.path, taskId), { recursive: true, force: true });
      await this.folder.closeIfEmpty();
    });
  }

  keepOnly(tasks: () => readonly Task[]): void {
    if (this.known.secret.size === 0 && this.known.config.size === 0) return;
    const containers = tasks().flatMap(({ spec }) => spec?.containerSpec ?? []);
    keep(this.known.secret, new Set(containers.flatMap(({ secrets }) => secrets.map(({ secretId }) => secretId))));
    keep(this.known.config, new Set(containers.flatMap(({ configs }) => configs.map(({ configId }) => configId))));
  }

  sweep(taskIds: ReadonlySet<string>): Promise<void> {
    return this.turns.run(async () => {
      const left = (await this.folder.entries()).filter((taskId) => !taskIds.has(taskId));
      for (const taskId of left) await rm(join(this.folder.path, taskId), { recursive: true, force: true });
      await this.folder.closeIfEmpty();
    });
  }

  private async write(task: Task): Promise<readonly FileMount[]> {
    const path = join(this.folder.path, task.id);
    try {
      const files = toPayloadFiles(task, this.node(), (kind, id) => this.known[kind].get(id));
      await this.folder.open();
      await mkdir(path, { recursive: true, mode: 0o700 });
      for (const file of files) await writePayload(path, file);
    } catch (error) {
      // What was written before serves as well, as when a container is made anew.
      if (!(await this.areThere(task, path))) throw inDomain(error);
    }
    return fileTargets(task).map(({ name, target }) => ({ source: join(path, name), target }));
  }

  private async areThere(task: Task, path: string): Promise<boolean> {
    const checks = fileTargets(task).map(({ name }) => access(join(path, name)));
    return (await Promise.allSettled(checks)).every(({ status }) => status === 'fulfilled');
  }
}

async function writePayload(folder: string, { name, data, uid, gid, mode }: PayloadFile): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, data, { mode: 0o600 });
  await chown(path, uid, gid);
  await chmod(path, mode);
}

function keep(known: Map<string, Payload>, ids: ReadonlySet<string>): void {
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
}

function inDomain(error: unknown): DomainError {
  if (isCode(error, 'FAILED_PRECONDITION', 'INVALID_ARGUMENT', 'UNAVAILABLE')) return error;
  return new DomainError('UNAVAILABLE', `the files of secrets and configs cannot be written: ${messageOf(error)}`, {
    cause: error,
  });
}
