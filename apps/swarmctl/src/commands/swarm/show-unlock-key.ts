import { writeLine } from '../../session';
import type { Tools } from '../command';

/** Shows what managers have to be told after a restart, as somebody sees it who hears of it for the first time. */
export function showUnlockKey({ session }: Pick<Tools, 'session'>, key: string): void {
  writeLine(session.stdout, `Key that unlocks managers after a restart (swarmctl swarm unlock):\n\n    ${key}\n`);
  writeLine(session.stdout, 'Keep it in a safe place: without it, no manager can be started again.');
}
