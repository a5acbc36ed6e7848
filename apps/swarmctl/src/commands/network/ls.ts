import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { networkColumns } from '../../render/network-details';
import { byName } from '../../render/table';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printList } from '../print';

async function listNetworks({ session, api }: Tools, flags: ListFlags): Promise<ExitCode> {
  const networks = await api.networks(toFilters(flags.filter));
  networks.sort(byName(({ object }) => object.name));
  const rows = networks.map(({ object }) => object);
  const names = rows.map(({ id }) => id);
  printList(session.stdout, flags, { columns: networkColumns(flags.noTrunc !== true), rows, raw: networks, names });
  return EXIT.ok;
}

/** Declares `swarmctl network ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the networks that services can be on.')
    .action((flags: ListFlags) => perform((tools) => listNetworks(tools, flags)));
  declareFlags(command, 'Output', {
    ...LIST_FLAGS,
    ...filterFlag('dangling, driver, id, label, name, scope, type', 'driver=overlay'),
  });
  addExamples(command, [
    ['swarmctl network ls', 'all of them'],
    ['swarmctl network ls --filter dangling=true -q', 'ids of those that no service uses'],
  ]);
}
