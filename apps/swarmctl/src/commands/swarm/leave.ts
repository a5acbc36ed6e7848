import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';

const LEAVE_FLAGS = { force: toggle('End the cluster, with all services and their containers', { short: 'f' }) } as const;

/** Declares `swarmctl swarm leave`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('End the cluster of the last manager. Its agents remove their containers, and wait for the next cluster.')
    .action((flags: FlagValues<typeof LEAVE_FLAGS>) =>
      perform(async ({ session, api }) => {
        await api.swarm.leave(flags.force ?? false);
        writeLine(session.stdout, 'The cluster has ended.');
        return EXIT.ok;
      }),
    );
  declareFlags(command, 'Cluster', LEAVE_FLAGS);
  addExamples(command, [['swarmctl swarm leave --force', 'end it']]);
}
