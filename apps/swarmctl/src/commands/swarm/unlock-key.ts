import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';
import { retryOnConflict } from '../retry-on-conflict';
import { showUnlockKey } from './show-unlock-key';

const KEY_FLAGS = {
  rotate: toggle('Make a new key first'),
  quiet: toggle('Print the key only', { short: 'q' }),
} as const;

/** Declares `swarmctl swarm unlock-key`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show the key that unlocks managers after a restart. Without autolock there is none.')
    .action((flags: FlagValues<typeof KEY_FLAGS>) =>
      perform(async ({ session, api }) => {
        if (flags.rotate) await retryOnConflict(() => api.swarm.update((spec) => spec, 'rotateManagerUnlockKey'));
        const key = await api.swarm.unlockKey();
        if (key === '')
          throw new DomainError('FAILED_PRECONDITION', 'no unlock key is set: managers are not locked (swarm update --autolock)');
        if (flags.quiet) writeLine(session.stdout, key);
        else showUnlockKey({ session }, key);
        return EXIT.ok;
      }),
    );
  declareFlags(command, 'Key', KEY_FLAGS);
  addExamples(command, [
    ['swarmctl swarm unlock-key -q', 'for scripts'],
    ['swarmctl swarm unlock-key --rotate', 'when somebody has seen it who should not have'],
  ]);
}
