import type { CliCommand } from '../../cli-command';
import { readContexts } from '../../contexts';
import { EXIT } from '../../exit-codes';
import { addExamples, type Perform } from '../command';
import { printTable } from '../print';

/** Declares `swarmctl context ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description('List the contexts; a star marks the one that is used.').action(() =>
    perform(({ session }) => {
      const { current, known } = readContexts(session.env);
      const rows = [...known].map(([name, context]) => ({ name, ...context })).sort((a, b) => (a.name < b.name ? -1 : 1));
      printTable(
        session.stdout,
        [
          { heading: 'NAME', cell: ({ name }) => (name === current ? `${name} *` : name) },
          { heading: 'DESCRIPTION', cell: ({ description }) => description },
          { heading: 'ADDRESS', cell: ({ host }) => host },
        ],
        rows,
      );
      return Promise.resolve(EXIT.ok);
    }),
  );
  addExamples(command, [['swarmctl context ls', 'all of them']]);
}
