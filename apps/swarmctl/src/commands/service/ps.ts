import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import type { Fetched } from '../../manager-api';
import type { Service } from '#common/proto';
import { addExamples, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { toFilters } from '../list-flags';
import { printTasks, TASK_LIST_FLAGS, type TaskListFlags } from '../print-tasks';

async function listTasks(tools: Tools, references: readonly string[], flags: TaskListFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const found: Service[] = [];
  const code = await forEach(session, references, async (reference) => {
    const { object }: Fetched<Service> = await api.service(reference);
    found.push(object);
    return EXIT.ok;
  });
  if (found.length === 0) return code;
  const tasks = await api.tasks({ ...toFilters(flags.filter), service: found.map(({ id }) => id) });
  await printTasks(tools, tasks, found, flags);
  return code;
}

/** Declares `swarmctl service ps`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'List the tasks of services: where they run, or why they do not.\n\nEnded tasks stand below the one that took their place.',
    )
    .argument('<service...>', 'names or ids of services')
    .action((services: string[], flags: TaskListFlags) => perform((tools) => listTasks(tools, services, flags)));
  declareFlags(command, 'Output', TASK_LIST_FLAGS);
  addExamples(command, [
    ['swarmctl service ps web', 'all tasks that are kept'],
    ['swarmctl service ps --filter desired-state=running --no-trunc web', 'only those that are to run, errors in full'],
    ['swarmctl service ps --format json web', 'one JSON array of the tasks as the API has them'],
  ]);
}
