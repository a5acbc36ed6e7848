import type { CliCommand } from '../../cli-command';
import { readContexts, requireContext, writeContexts } from '../../contexts';
import { EXIT } from '../../exit-codes';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';
import { forEach } from '../for-each';

/** Declares `swarmctl context rm`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Remove contexts. The managers are not touched.')
    .argument('<name...>', 'names of contexts')
    .action((names: string[]) =>
      perform(({ session }) =>
        forEach(session, names, (name) => {
          const contexts = readContexts(session.env);
          requireContext(contexts, name);
          const known = new Map([...contexts.known].filter(([other]) => other !== name));
          writeContexts(session.env, { known, current: contexts.current === name ? undefined : contexts.current });
          writeLine(session.stdout, name);
          return Promise.resolve(EXIT.ok);
        }),
      ),
    );
  addExamples(command, [['swarmctl context rm prod', 'one of them']]);
}
