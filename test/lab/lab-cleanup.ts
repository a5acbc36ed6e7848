import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeCgroup, thawCgroup } from './cgroups';
import { engineFiles } from './engine-config';
import { labNames, type LabRecord } from './lab-plan';
import { killProcessesOf } from './lab-processes';
import { isPresent, releaseSlot } from './lab-records';
import { withMachineLock } from './machine-lock';
import { unmountBelow } from './mounts';
import { removeBaseRules, restoreMachineNetwork } from './machine-network';
import { LabNetwork } from './network';

/** Longer than any removal takes; whoever removes a lab for longer is stuck. */
const REMOVAL_TIMEOUT_MS = 60_000;

/**
 * Removes a lab, unless that is done already, and waits when another program is just doing it. Repeatable, also when
 * the lab's number is another lab's by now.
 * @throws Error naming what could not be ended or removed
 */
export function removeLab(record: LabRecord): Promise<void> {
  return withMachineLock(`swarmctl-lab/${record.id}`, REMOVAL_TIMEOUT_MS, async () => {
    if (isPresent(record)) await removeAll(record);
  });
}

/**
 * Ends every process of a lab by force, containers and all, and removes every trace of it: namespaces, mounts,
 * cgroups, sockets, data. It relies on nothing that a crash could have left half done, so it is also the ordinary way
 * to end a lab: the way that is always taken is the one that works. The record goes last.
 */
async function removeAll(record: LabRecord): Promise<void> {
  const { runDir, netnsPrefix, cgroup, bridge } = labNames(record.slot);
  const network = new LabNetwork(netnsPrefix);
  const tunnelSockets = await network.tunnelSockets();
  thawCgroup(cgroup);
  await killProcessesOf({ marker: runDir, cgroup });
  const shimSockets = findShimSockets(record);
  await unmountBelow([runDir, record.root]);
  await Promise.all([
    network.remove(),
    restoreMachineNetwork({ bridge, runDir }),
    ...(record.hosts.some(({ isolated }) => !isolated) ? [removeBaseRules()] : []),
    removeCgroup(cgroup),
    ...[...shimSockets, ...tunnelSockets].map((path) => rm(path, { force: true })),
    rm(record.root, { recursive: true, force: true }),
  ]);
  await releaseSlot(record);
}

/**
 * Sockets of containers' shims, which containerd puts into a folder that all containerds of a machine share, under
 * names that only its own state tells.
 */
function findShimSockets(record: LabRecord): string[] {
  return record.hosts.flatMap(({ engine }) => {
    if (engine === undefined) return [];
    const tasks = join(engineFiles(engine).containerdState, 'io.containerd.runtime.v2.task/moby');
    const containers = existsSync(tasks) ? readdirSync(tasks) : [];
    return containers.flatMap((id) => readShimAddress(join(tasks, id, 'address')) ?? []);
  });
}

function readShimAddress(file: string): string | undefined {
  if (!existsSync(file)) return undefined; // the container was just being made
  return readFileSync(file, 'utf8')
    .trim()
    .replace(/^unix:\/\//, '');
}
