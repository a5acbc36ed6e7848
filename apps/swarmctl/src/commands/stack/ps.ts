import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { ofStack } from '../../stack/stack-state';
import { addExamples, type Perform, type Tools } from '../command';
import { toFilters } from '../list-flags';
import { printTasks, TASK_LIST_FLAGS, type TaskListFlags } from '../print-tasks';
import { nothingIn } from './stack-names';

async function listTasks(tools: Tools, stack: string, flags: TaskListFlags): Promise<ExitCode> {
  const filters = toFilters(flags.filter);
  const [services, tasks] = await Promise.all([
    tools.api.services(ofStack(stack)),
    tools.api.tasks({ ...filters, label: [...(filters.label ?? []), ...ofStack(stack).label] }),
  ]);
  if (services.length === 0) throw nothingIn(stack);
  const objects = services.map(({ object }) => object);
  await printTasks(tools, tasks, objects, flags);
  return EXIT.ok;
}

/** Declares `swarmctl stack ps`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('List the tasks of a stack: where they run, or why they do not.')
    .argument('<stack>', 'name of the stack')
    .action((stack: string, flags: TaskListFlags) => perform((tools) => listTasks(tools, stack, flags)));
  declareFlags(command, 'Output', TASK_LIST_FLAGS);
  addExamples(command, [['swarmctl stack ps --filter desired-state=running shop', 'those that are to run']]);
}
