import type { Service } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { byName, type Column } from '../../render/table';
import { NAMESPACE_LABEL } from '../../stack/names';
import { addExamples, type Perform, type Tools } from '../command';
import { FORMAT_FLAGS, type FormatFlags } from '../list-flags';
import { printList } from '../print';

const QUIET_FLAG = { quiet: toggle('Print names only', { short: 'q' }) } as const;

interface StackRow {
  readonly name: string;
  readonly services: readonly Service[];
}

/** A service that has as many tasks as it wants. */
const isWhole = ({ serviceStatus }: Service): boolean =>
  (serviceStatus?.runningTasks ?? 0) >= (serviceStatus?.desiredTasks ?? 0) || (serviceStatus?.completedTasks ?? 0) > 0;

const COLUMNS: readonly Column<StackRow>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'SERVICES', cell: ({ services }) => String(services.length) },
  { heading: 'RUNNING AS WANTED', cell: ({ services }) => `${services.filter(isWhole).length}/${services.length}` },
];

async function listStacks({ session, api }: Tools, flags: FormatFlags & FlagValues<typeof QUIET_FLAG>): Promise<ExitCode> {
  const services = (await api.services({ label: [NAMESPACE_LABEL] }, true)).map(({ object }) => object);
  const names = new Set(services.map(({ spec }) => spec?.labels[NAMESPACE_LABEL] ?? ''));
  const stacks = [...names].sort(byName((name) => name)).map((name): StackRow => {
    return { name, services: services.filter(({ spec }) => spec?.labels[NAMESPACE_LABEL] === name) };
  });
  const raw = stacks.map(({ name, services: own }) => ({ raw: { Name: name, Services: own.length } }));
  printList(session.stdout, flags, { columns: COLUMNS, rows: stacks, raw, names: stacks.map(({ name }) => name) });
  return EXIT.ok;
}

/** Declares `swarmctl stack ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List stacks, with how many of their services have all tasks that they want.')
    .action((flags: FormatFlags & FlagValues<typeof QUIET_FLAG>) => perform((tools) => listStacks(tools, flags)));
  declareFlags(command, 'Output', { ...FORMAT_FLAGS, ...QUIET_FLAG });
  addExamples(command, [['swarmctl stack ls', 'all of them']]);
}
