import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Lab } from './lab';
import { labNames } from './lab-plan';
import { findLabProcesses } from './lab-processes';
import { readRecords } from './lab-records';

/**
 * All that the machine still has of a lab: namespaces, mounts, cgroups, processes, folders, its record. For tests; empty
 * after `down`. Another lab that got its number meanwhile is taken for it.
 */
export function tracesOf({ slot, root }: Pick<Lab, 'slot' | 'root'>): string[] {
  const { runDir, netnsPrefix, cgroup } = labNames(slot);
  const mountLines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [
    ...readdirSync('/run/netns').filter((namespace) => namespace.startsWith(netnsPrefix)),
    ...mountLines.filter((line) => line.includes(`${runDir}/`) || line.includes(`${root}/`)),
    ...readdirSync('/sys/fs/cgroup')
      .map((hierarchy) => `/sys/fs/cgroup/${hierarchy}${cgroup}`)
      .filter(existsSync),
    ...findLabProcesses({ marker: runDir, cgroup }).map(({ pid }) => `process ${pid}`),
    ...[root, runDir].filter(existsSync),
    ...readRecords()
      .filter((record) => record.root === root)
      .map(({ name }) => `record of ${name}`),
  ];
}
