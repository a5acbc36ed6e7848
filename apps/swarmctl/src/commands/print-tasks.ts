import type { Service, Task } from '#common/proto';
import { toggle, type FlagValues } from '../flags/flag';
import type { Fetched } from '../manager-api';
import { taskColumns, toTaskRows } from '../render/task-table';
import type { Tools } from './command';
import { filterFlag, LIST_FLAGS } from './list-flags';
import { nodeNames } from './node-names';
import { printIds, printJsonList, printTable } from './print';

/** Flags of the lists of tasks. */
export const TASK_LIST_FLAGS = {
  ...LIST_FLAGS,
  noResolve: toggle('Show ids instead of names'),
  ...filterFlag('desired-state, id, label, name, node', 'desired-state=running'),
} as const;

export type TaskListFlags = FlagValues<typeof TASK_LIST_FLAGS>;

/** Writes tasks in the form that the flags ask for. `services` are those that the tasks are of. */
export async function printTasks(
  tools: Tools,
  tasks: readonly Fetched<Task>[],
  services: readonly Service[],
  flags: TaskListFlags,
): Promise<void> {
  const { stdout } = tools.session;
  if (flags.format === 'json') return printJsonList(stdout, tasks);
  if (flags.quiet) return printIds(stdout, tasks);
  const byId = new Map(services.map((service) => [service.id, service]));
  const names = flags.noResolve
    ? { services: new Map(), nodes: new Map() }
    : { services: byId, nodes: await nodeNames(tools.api) };
  const objects = tasks.map(({ object }) => object);
  const nowMs = tools.session.clock.wallMs();
  printTable(stdout, taskColumns({ truncate: !flags.noTrunc, nowMs }), toTaskRows(objects, names));
}
