import { readdirSync, readFileSync } from 'node:fs';
import { identify, isRunning, sendSignal, waitUntilEnded, type ProcessIdentity } from './process-identity';
import { LAB_MARKER } from './process-table';

/** How the processes of one lab are told from all others. */
export interface LabTraits {
  /** Value of the environment variable LAB_MARKER in everything the lab started, and in what that started. */
  readonly marker: string;
  /** The cgroup below which the lab's containers are, as `/swl1`. */
  readonly cgroup: string;
}

const SWEEP_TIMEOUT_MS = 5_000;
// Each sweep ends all that it sees; more than one is needed only for what was being started meanwhile.
const MAX_SWEEPS = 20;

function readProcFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it has ended since it was listed
  }
}

/** Whether /proc texts of a process show that it belongs to the lab: by its environment, or by its container's cgroup. */
export function belongsToLab(traits: LabTraits, process: { environ: string; cgroup: string }): boolean {
  if (process.environ.split('\0').includes(`${LAB_MARKER}=${traits.marker}`)) return true;
  const groups = process.cgroup.split('\n').map((line) => line.split(':').slice(2).join(':'));
  return groups.some((group) => group === traits.cgroup || group.startsWith(`${traits.cgroup}/`));
}

/** Every process of the lab that runs now: daemons, shims, containers. Never this program itself. */
export function findLabProcesses(traits: LabTraits): ProcessIdentity[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const belongs = (pid: number) =>
    belongsToLab(traits, { environ: readProcFile(pid, 'environ'), cgroup: readProcFile(pid, 'cgroup') });
  return pids
    .filter(belongs)
    .flatMap((pid) => identify(pid) ?? [])
    .filter(isRunning);
}

/**
 * SIGKILLs every process of the lab until none is left. Repeatable.
 * @throws Error when one does not end, naming it
 */
export async function killProcessesOf(traits: LabTraits): Promise<void> {
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const found = findLabProcesses(traits);
    if (found.length === 0) return;
    for (const target of found) sendSignal(target, 'SIGKILL');
    await waitUntilEnded(found, SWEEP_TIMEOUT_MS);
  }
  throw new Error(`processes of ${traits.marker} keep coming back after ${MAX_SWEEPS} sweeps; end what starts them`);
}
