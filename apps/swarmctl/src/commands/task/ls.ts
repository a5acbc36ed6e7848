import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { addExamples, type Perform, type Tools } from '../command';
import { filterFlag, toFilters } from '../list-flags';
import { printTasks, TASK_LIST_FLAGS, type TaskListFlags } from '../print-tasks';

async function listTasks(tools: Tools, flags: TaskListFlags): Promise<ExitCode> {
  const tasks = await tools.api.tasks(toFilters(flags.filter));
  const services = (await tools.api.services({})).map(({ object }) => object);
  await printTasks(tools, tasks, services, flags);
  return EXIT.ok;
}

/** Declares `swarmctl task ls`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the tasks of all services.')
    .action((flags: TaskListFlags) => perform((tools) => listTasks(tools, flags)));
  declareFlags(command, 'Output', {
    ...TASK_LIST_FLAGS,
    ...filterFlag('desired-state, id, label, name, node, service', 'desired-state=running'),
  });
  addExamples(command, [
    ['swarmctl task ls --filter desired-state=running', 'those that are to run'],
    ['swarmctl task ls --filter node=n2', 'those of one node'],
  ]);
}
