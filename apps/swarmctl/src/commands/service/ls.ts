import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printServices } from '../print-services';

async function listServices({ session, api }: Tools, flags: ListFlags): Promise<ExitCode> {
  printServices(session, await api.services(toFilters(flags.filter), true), flags);
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
