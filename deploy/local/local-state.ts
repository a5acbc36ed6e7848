import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Lab } from '../../test/lab/lab';
import { isRunning } from '../../test/lab/process-identity';

/** Where swarmctl and docker look for a manager unless told. */
export const DEFAULT_SOCKET = '/run/swarmctl/manager.sock';
/** The process that restarts what dies. */
export const SUPERVISOR = 'supervisor';

const STATE_FOLDER = '.swarm';
const NAME_HASH_LENGTH = 8;

/** Where the local cluster of this checkout keeps everything. */
export function stateFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, STATE_FOLDER);
}

/** The lab that carries the local cluster in this folder. Another checkout's has another name. */
export function localLabName(root: string): string {
  return `local-${createHash('sha256').update(root).digest('hex').slice(0, NAME_HASH_LENGTH)}`;
}

/** The lab of the local cluster, whatever state it is in; `undefined` when there is none. */
export function findLocalLab(root: string): Lab | undefined {
  const name = localLabName(root);
  return Lab.names().includes(name) ? Lab.open(name) : undefined;
}

/**
 * Whether someone looks after the lab: the program that starts it or in whose foreground it runs, or, once it stands by
 * itself, its supervisor.
 */
export function isAttended(lab: Lab): boolean {
  return lab.owner === undefined ? lab.process(SUPERVISOR)?.isRunning() === true : isRunning(lab.owner);
}
