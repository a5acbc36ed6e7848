import { readFileSync } from 'node:fs';
import { eventually } from '#common/testing';

/** A process for certain: process ids are reused, a pair of id and start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

const STAT_STATE = 0;
const STAT_START_TIME = 19;
/** States in which a process no longer runs, though its entry waits for its parent. */
const ENDED_STATES = new Set(['Z', 'X']);

/** Who has this process id now, perhaps ended but not yet collected by its parent; `undefined` when nobody has. */
export function identify(pid: number): ProcessIdentity | undefined {
  return readStat(pid)?.identity;
}

/** This program, as others will know it. */
export function currentProcess(): ProcessIdentity {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('cannot read /proc: is it mounted?');
  return self;
}

/** Whether exactly this process still runs. */
export function isRunning(process: ProcessIdentity): boolean {
  const stat = readStat(process.pid);
  return stat?.identity.startTime === process.startTime && !stat.hasEnded;
}

function readStat(pid: number): { identity: ProcessIdentity; hasEnded: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the program's name, which may itself hold spaces and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const identity = { pid, startTime: Number(fields[STAT_START_TIME]) };
    return { identity, hasEnded: ENDED_STATES.has(fields[STAT_STATE] ?? '') };
  } catch {
    return undefined;
  }
}

/** Sends a signal to exactly this process; `false` when it has ended already. */
export function sendSignal(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Resolves when none of the processes runs. @throws Error after `timeoutMs` */
export function waitUntilEnded(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<unknown> {
  return eventually(() => !processes.some(isRunning), {
    timeoutMs,
    reason: `end of ${processes.map(({ pid }) => `process ${pid}`).join(', ')}`,
  });
}
