import type { CliCommand } from '../../cli-command';
import { readContexts, requireContext, writeContexts } from '../../contexts';
import { EXIT } from '../../exit-codes';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';

/** Stands for no context, as in docker. */
const NO_CONTEXT = 'default';

/** Declares `swarmctl context use`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Use a context from now on, wherever no address is given; default for none.')
    .argument('<name>', 'name of the context')
    .action((name: string) =>
      perform(({ session }) => {
        const contexts = readContexts(session.env);
        if (name !== NO_CONTEXT) requireContext(contexts, name);
        writeContexts(session.env, { ...contexts, current: name === NO_CONTEXT ? undefined : name });
        writeLine(session.stdout, name);
        return Promise.resolve(EXIT.ok);
      }),
    );
  addExamples(command, [['swarmctl context use prod', 'until another is used']]);
}
