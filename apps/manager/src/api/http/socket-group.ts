import { readFile } from 'node:fs/promises';
import { DomainError } from '#common/errors';

const GROUP_FILE = '/etc/group';
/** As dockerd's. */
const DEFAULT_GROUP = 'docker';

/**
 * The group whose members may use the API's unix socket, and with it are root on the cluster.
 * @param wanted name or number; undefined for `docker`, where there is such a group
 * @returns its number; undefined for the process's own group
 * @throws DomainError INVALID_ARGUMENT there is no group of this name
 */
export async function findSocketGroup(wanted: string | undefined, groupFile = GROUP_FILE): Promise<number | undefined> {
  if (wanted !== undefined && /^\d+$/.test(wanted)) return Number(wanted);
  const text = await readFile(groupFile, 'utf8').catch(() => '');
  const found = groupIn(text, wanted ?? DEFAULT_GROUP);
  if (wanted === undefined) return found !== undefined && mayGiveTo(found) ? found : undefined;
  if (found !== undefined) return found;
  throw new DomainError(
    'INVALID_ARGUMENT',
    `--socket-group ${wanted}: ${groupFile} has no such group; make it, or name another one`,
  );
}

/** A process that is not root gives its files to groups that it is in. */
function mayGiveTo(group: number): boolean {
  return process.getuid?.() === 0 || (process.getgroups?.().includes(group) ?? false);
}

/** group(5): name:password:number:members. */
function groupIn(text: string, name: string): number | undefined {
  const fields = text.split('\n').map((line) => line.split(':'));
  const number = fields.find(([each]) => each === name)?.[2];
  return number !== undefined && /^\d+$/.test(number) ? Number(number) : undefined;
}
