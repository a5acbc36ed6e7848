import type { CliCommand } from '../../cli-command';
import { readContexts } from '../../contexts';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import type { Column } from '../../render/table';
import { addExamples, type Perform } from '../command';
import { FORMAT_FLAGS } from '../list-flags';
import { printList } from '../print';

const CONTEXT_LIST_FLAGS = { ...FORMAT_FLAGS, quiet: toggle('Print names only', { short: 'q' }) } as const;

type ContextListFlags = FlagValues<typeof CONTEXT_LIST_FLAGS>;

/** Declares `swarmctl context ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description('List the contexts; a star marks the one that is used.').action((flags: ContextListFlags) =>
    perform(({ session }) => {
      const { current, known } = readContexts(session.env);
      const rows = [...known].map(([name, context]) => ({ name, ...context })).sort((a, b) => (a.name < b.name ? -1 : 1));
      const columns: Column<(typeof rows)[number]>[] = [
        { heading: 'NAME', cell: ({ name }) => (name === current ? `${name} *` : name) },
        { heading: 'DESCRIPTION', cell: ({ description }) => description },
        { heading: 'ADDRESS', cell: ({ host }) => host },
      ];
      const raw = rows.map(({ name, description, host }) => ({ raw: { Name: name, Description: description, Address: host } }));
      printList(session.stdout, flags, { columns, rows, raw, names: rows.map(({ name }) => name) });
      return Promise.resolve(EXIT.ok);
    }),
  );
  declareFlags(command, 'Output', CONTEXT_LIST_FLAGS);
  addExamples(command, [['swarmctl context ls', 'all of them']]);
}
