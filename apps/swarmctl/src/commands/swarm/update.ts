import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { retryOnConflict } from '../retry-on-conflict';
import { showUnlockKey } from './show-unlock-key';
import { SETTINGS_FLAGS, toSpec, type SettingsFlags } from './settings';

async function updateSwarm({ session, api }: Tools, flags: SettingsFlags): Promise<ExitCode> {
  if (Object.keys(flags).length === 0) throw new DomainError('INVALID_ARGUMENT', 'nothing to change: give a setting');
  const before = await api.swarm.unlockKey();
  await retryOnConflict(() => api.swarm.update((spec) => toSpec(spec, flags)));
  writeLine(session.stdout, 'Swarm updated.');
  if (flags.autolock && before === '') showUnlockKey({ session }, await api.swarm.unlockKey());
  return EXIT.ok;
}

/** Declares `swarmctl swarm update`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Change settings of the cluster.')
    .action((flags: SettingsFlags) => perform((tools) => updateSwarm(tools, flags)));
  declareFlags(command, 'Settings', SETTINGS_FLAGS);
  addExamples(command, [['swarmctl swarm update --task-history-limit 2', 'keep fewer ended tasks']]);
}
