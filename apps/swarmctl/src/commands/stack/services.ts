import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { ofStack } from '../../stack/stack-state';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printServices } from '../print-services';
import { nothingIn } from './stack-names';

async function listServices(tools: Tools, stack: string, flags: ListFlags): Promise<ExitCode> {
  const filters = toFilters(flags.filter);
  const services = await tools.api.services({ ...filters, label: [...(filters.label ?? []), ...ofStack(stack).label] }, true);
  if (services.length === 0 && flags.filter === undefined) throw nothingIn(stack);
  printServices(tools.session, services, flags);
  return EXIT.ok;
}

/** Declares `swarmctl stack services`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the services of a stack, with how many of their tasks run.')
    .argument('<stack>', 'name of the stack')
    .action((stack: string, flags: ListFlags) => perform((tools) => listServices(tools, stack, flags)));
  declareFlags(command, 'Output', { ...LIST_FLAGS, ...filterFlag('id, label, mode, name (a prefix)', 'name=shop_web') });
  addExamples(command, [['swarmctl stack services shop', 'all of them']]);
}
