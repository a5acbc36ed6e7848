import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { nodeColumns } from '../../render/node-table';
import { byName } from '../../render/table';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, FORMAT_FLAGS, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printList } from '../print';
import { selfNodeId } from './self-node';

async function listNodes(tools: Tools, flags: ListFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const nodes = await api.nodes(toFilters(flags.filter));
  nodes.sort(byName(({ object }) => object.description?.hostname ?? ''));
  const rows = nodes.map(({ object }) => object);
  const names = rows.map(({ id }) => id);
  const needsColumns = flags.format !== 'json' && !flags.quiet;
  const columns = nodeColumns(needsColumns ? await selfNodeId(tools) : '');
  printList(session.stdout, flags, { columns, rows, raw: nodes, names });
  return EXIT.ok;
}

/** Declares `swarmctl node ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the nodes of the swarm. A star marks the one that the manager runs on.')
    .action((flags: ListFlags) => perform((tools) => listNodes(tools, flags)));
  const { quiet } = LIST_FLAGS;
  const filters = filterFlag('id, label, membership, name, node.label, role', 'role=worker');
  declareFlags(command, 'Output', { ...FORMAT_FLAGS, quiet, ...filters });
  addExamples(command, [
    ['swarmctl node ls', 'all nodes'],
    ['swarmctl node ls --filter node.label=disk=ssd', 'some of them'],
    ['swarmctl node ls --format json', 'one JSON array of the nodes as the API has them'],
  ]);
}
