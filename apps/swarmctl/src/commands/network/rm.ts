import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';
import { forEach } from '../for-each';

/** Declares `swarmctl network rm`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Remove networks. No service may be on them any more; tasks of removed services may still be ending there.')
    .argument('<network...>', 'ids or names of networks')
    .action((networks: string[]) =>
      perform(({ session, api }) =>
        forEach(session, networks, async (network) => {
          await api.removeNetwork(network);
          writeLine(session.stdout, network);
          return EXIT.ok;
        }),
      ),
    );
  addExamples(command, [['swarmctl network rm back', 'one network']]);
}
