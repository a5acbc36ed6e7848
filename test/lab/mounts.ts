import { readFileSync } from 'node:fs';
import { runCommand } from './run-command';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  readonly mountPoint: string;
  readonly fileSystem: string;
}

/** Reads mountinfo text; spaces and the like stand there as octal escapes. */
export function parseMounts(mountinfo: string): Mount[] {
  const lines = mountinfo.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const escaped = before.split(' ')[4] ?? '';
    const mountPoint = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    return { mountPoint, fileSystem: after.split(' ')[0] ?? '' };
  });
}

/** What is mounted on this machine now, in the order of mounting. */
export function currentMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Mount points at or below the folders, the latest first, which is the order to unmount in. */
export function mountsBelow(mounts: readonly Mount[], folders: readonly string[]): string[] {
  const isBelow = (path: string) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return mounts
    .map(({ mountPoint }) => mountPoint)
    .filter(isBelow)
    .reverse();
}

/** Unmounts everything at or below the folders. Detaches at once, also what is still in use. Repeatable. */
export async function unmountBelow(folders: readonly string[]): Promise<void> {
  const paths = mountsBelow(currentMounts(), folders);
  if (paths.length > 0) await runCommand('umount', ['--lazy', ...paths]);
}
