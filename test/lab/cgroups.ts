import { existsSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { currentMounts } from './mounts';

const CGROUP_FILE_SYSTEMS = new Set(['cgroup', 'cgroup2']);
// The kernel frees a cgroup a moment after its last process is gone.
const REMOVE_TIMEOUT_MS = 10_000;

/** The group's folder in every cgroup hierarchy of this machine (v1 has many, v2 one) in which it exists. */
function cgroupFolders(group: string): string[] {
  const hierarchies = currentMounts().filter(({ fileSystem }) => CGROUP_FILE_SYSTEMS.has(fileSystem));
  return hierarchies.map(({ mountPoint }) => join(mountPoint, group)).filter((folder) => existsSync(folder));
}

/** The folder and all below it, the deepest first. */
function withSubgroups(folder: string): string[] {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap(({ name }) => withSubgroups(join(folder, name))), folder];
}

/** Lets paused containers go on: under cgroup v1 a frozen process does not even take SIGKILL. Repeatable. */
export function thawCgroup(group: string): void {
  const switches = [
    { file: 'freezer.state', thawed: 'THAWED' },
    { file: 'cgroup.freeze', thawed: '0' },
  ];
  for (const folder of cgroupFolders(group).flatMap(withSubgroups)) {
    for (const { file, thawed } of switches.filter(({ file }) => existsSync(join(folder, file)))) {
      writeFileSync(join(folder, file), thawed);
    }
  }
}

function removeOnce(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Removes the group and all below it from every hierarchy; its processes must have ended. Repeatable. */
export async function removeCgroup(group: string): Promise<void> {
  const removeAll = () => cgroupFolders(group).flatMap(withSubgroups).forEach(removeOnce);
  await eventually(removeAll, { timeoutMs: REMOVE_TIMEOUT_MS, reason: `removal of cgroup ${group}` });
}
