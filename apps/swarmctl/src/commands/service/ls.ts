import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { serviceColumns } from '../../render/service-table';
import { byName } from '../../render/table';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printIds, printJsonList, printTable } from '../print';

async function listServices({ session, api }: Tools, flags: ListFlags): Promise<ExitCode> {
  const services = await api.services(toFilters(flags.filter), true);
  services.sort(byName(({ object }) => object.spec?.name ?? ''));
  const objects = services.map(({ object }) => object);
  if (flags.format === 'json') printJsonList(session.stdout, services);
  else if (flags.quiet) printIds(session.stdout, services);
  else printTable(session.stdout, serviceColumns(!flags.noTrunc), objects);
  return EXIT.ok;
}

/** Declares `swarmctl service ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List services, with how many of their tasks run.')
    .action((flags: ListFlags) => perform((tools) => listServices(tools, flags)));
  declareFlags(command, 'Output', { ...LIST_FLAGS, ...filterFlag('id, label, mode, name (a prefix)', 'name=web') });
  addExamples(command, [
    ['swarmctl service ls', 'all services'],
    ['swarmctl service ls --filter label=team=shop --filter mode=replicated', 'some of them'],
    ['swarmctl service ls --quiet | xargs swarmctl service rm', 'ids for another command'],
    ['swarmctl service ls --format json', 'one JSON array of the services as the API has them'],
  ]);
}
