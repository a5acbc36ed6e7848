import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { addExamples, type Perform } from '../command';
import { printJson } from '../print';

/** Declares `swarmctl swarm inspect`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description('Show the cluster and its settings, as the API has them; its join tokens are left out.').action(() =>
    perform(async ({ session, api }) => {
      const { JoinTokens: _, ...swarm } = await api.swarm.get();
      printJson(session.stdout, swarm);
      return EXIT.ok;
    }),
  );
  addExamples(command, [['swarmctl swarm inspect', 'all of it']]);
}
