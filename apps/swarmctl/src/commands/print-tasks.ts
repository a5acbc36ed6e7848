import type { Service, Task } from '#common/proto';
import { toggle, type FlagValues } from '../flags/flag';
import type { Fetched } from '../manager-api';
import { taskColumns, toTaskRows } from '../render/task-table';
import type { Tools } from './command';
import { filterFlag, LIST_FLAGS } from './list-flags';
import { nodeNames } from './node-names';
import { printList } from './print';

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
  const byId = new Map(services.map((service) => [service.id, service]));
  const needsNames = !flags.noResolve && !flags.quiet && flags.format !== 'json';
  const names = needsNames ? { services: byId, nodes: await nodeNames(tools.api) } : { services: new Map(), nodes: new Map() };
  const objects = tasks.map(({ object }) => object);
  const nowMs = tools.session.clock.wallMs();
  printList(stdout, flags, {
    columns: taskColumns({ truncate: !flags.noTrunc, nowMs }),
    rows: toTaskRows(objects, names),
    raw: tasks,
    names: objects.map(({ id }) => id),
  });
}
