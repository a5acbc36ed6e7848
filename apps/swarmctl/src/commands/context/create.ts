import { DomainError } from '#common/errors';
import { chooseAddress } from '../../address';
import type { CliCommand } from '../../cli-command';
import { readContexts, writeContexts } from '../../contexts';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, type FlagValues } from '../../flags/flag';
import { text } from '../../flags/values/text';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/;
const CONTEXT_FLAGS = { description: one(text('text', 'production'), 'What it is for') } as const;

/** Declares `swarmctl context create`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Keep the address of a manager under a name.')
    .argument('<name>', 'name of the context')
    .argument('<address>', 'address of the manager: unix:///path/to/socket or tcp://host:port')
    .action((name: string, address: string, flags: FlagValues<typeof CONTEXT_FLAGS>) =>
      perform(({ session }) => {
        if (!NAME.test(name))
          throw new DomainError('INVALID_ARGUMENT', `'${name}' is not a name: letters, digits, '_', '.', '+' and '-'`);
        const { text: host } = chooseAddress({ host: address }, {});
        const { current, known } = readContexts(session.env);
        if (known.has(name)) throw new DomainError('ALREADY_EXISTS', `context ${name} already exists`);
        writeContexts(session.env, {
          current,
          known: new Map([...known, [name, { host, description: flags.description ?? '' }]]),
        });
        writeLine(session.stdout, name);
        return Promise.resolve(EXIT.ok);
      }),
    );
  declareFlags(command, 'Context', CONTEXT_FLAGS);
  addExamples(command, [['swarmctl context create prod tcp://10.0.0.5:2377', 'a manager on another host']]);
}
