import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { addExamples, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { toFilters } from '../list-flags';
import { printTasks, TASK_LIST_FLAGS, type TaskListFlags } from '../print-tasks';
import { selfNodeId } from './self-node';

const SELF = 'self';

async function listTasks(tools: Tools, references: readonly string[], flags: TaskListFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const ids: string[] = [];
  const code = await forEach(session, references, async (reference) => {
    const { object } = await api.node(reference === SELF ? await selfNodeId(tools) : reference);
    ids.push(object.id);
    return EXIT.ok;
  });
  if (ids.length === 0) return code;
  const tasks = await api.tasks({ ...toFilters(flags.filter), node: ids });
  const services = flags.noResolve || flags.format === 'json' ? [] : await api.services({});
  const objects = services.map(({ object }) => object);
  await printTasks(tools, tasks, objects, flags);
  return code;
}

/** Declares `swarmctl node ps`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the tasks on nodes.')
    .argument('[node...]', `ids or host names of nodes; ${SELF} is the one that the manager runs on`, [SELF])
    .action((nodes: string[], flags: TaskListFlags) => perform((tools) => listTasks(tools, nodes, flags)));
  declareFlags(command, 'Output', TASK_LIST_FLAGS);
  addExamples(command, [
    ['swarmctl node ps', "tasks on the manager's own node"],
    ['swarmctl node ps --filter desired-state=running n2 n3', 'what two nodes are to run'],
  ]);
}
