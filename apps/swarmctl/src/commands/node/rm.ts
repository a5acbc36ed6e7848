import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';
import { forEach } from '../for-each';

const REMOVE_FLAGS = {
  force: toggle('Remove even a node that is not down', { short: 'f' }),
} as const;

/** Declares `swarmctl node rm`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Remove nodes from the swarm. Stop the agent there first: a node has to be down.')
    .argument('<node...>', 'ids or host names of nodes')
    .action((nodes: string[], flags: FlagValues<typeof REMOVE_FLAGS>) =>
      perform(({ session, api }) =>
        forEach(session, nodes, async (node) => {
          await api.removeNode(node, flags.force ?? false);
          writeLine(session.stdout, node);
          return EXIT.ok;
        }),
      ),
    );
  declareFlags(command, 'Node', REMOVE_FLAGS);
  addExamples(command, [
    ['swarmctl node rm n3', 'a node whose agent was stopped'],
    ['swarmctl node rm --force n3', 'a node that still runs'],
  ]);
}
