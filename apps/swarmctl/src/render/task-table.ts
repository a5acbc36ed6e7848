import { TaskState } from '#common/domain';
import type { Service, Task } from '#common/proto';
import { newestFirst } from '../newest-first';
import { ago } from './durations';
import { renderPorts } from './ports';
import { renderImage } from './service-table';
import { byName, shortId, type Column } from './table';

/** A task with the names that belong to its ids, as far as they are wanted and known. */
export interface TaskRow {
  readonly task: Task;
  /** `web.3`, or `web.<node>` where the node stands for the slot. */
  readonly name: string;
  readonly node: string;
  /** Whether the row above is a newer task of the same slot. */
  readonly isHistory: boolean;
}

/** What is known by id; an id that is not stands for itself. */
export interface Names {
  readonly services: ReadonlyMap<string, Service>;
  readonly nodes: ReadonlyMap<string, string>;
}

/** Slots of a replicated job count from 0; of other services 0 says that the node stands for the slot. */
function slotName(task: Task, names: Names): string {
  const spec = names.services.get(task.serviceId)?.spec;
  const isNumbered = task.slot > 0 || spec?.mode?.replicatedJob !== undefined;
  return `${spec?.name || task.serviceId}.${isNumbered ? task.slot : task.nodeId || shortId(task.id)}`;
}

/** Tasks by slot, the newest of each first, and marked as history after that. */
export function toTaskRows(tasks: readonly Task[], names: Names): TaskRow[] {
  const rows = tasks.map((task): TaskRow => {
    const node = names.nodes.get(task.nodeId) ?? task.nodeId;
    return { task, name: slotName(task, names), node, isHistory: false };
  });
  const bySlot = byName<TaskRow>((row) => row.name);
  return rows
    .sort((a, b) => bySlot(a, b) || newestFirst(a.task, b.task))
    .map((row, index, all) => ({ ...row, isHistory: all[index - 1]?.name === row.name }));
}

/** A state without a name here is a number. */
const capitalized = (state: TaskState): string => String(state).charAt(0).toUpperCase() + String(state).slice(1);

function currentState(task: Task, nowMs: number): string {
  const state = capitalized(task.status?.state ?? TaskState.new);
  return `${state} ${ago(task.status?.timestamp ?? '', nowMs)}`.trimEnd();
}

const ERROR_LENGTH = 50;

function renderError(error: string, truncate: boolean): string {
  if (error === '') return '';
  return truncate && error.length > ERROR_LENGTH ? `"${error.slice(0, ERROR_LENGTH - 1)}…"` : `"${error}"`;
}

const HISTORY_MARK = ' \\_ ';

/** The columns of `service ps` and `node ps`. */
export function taskColumns(options: { truncate: boolean; nowMs: number }): Column<TaskRow>[] {
  const { truncate, nowMs } = options;
  return [
    { heading: 'ID', cell: ({ task }) => (truncate ? shortId(task.id) : task.id) },
    { heading: 'NAME', cell: ({ name, isHistory }) => `${isHistory ? HISTORY_MARK : ''}${name}` },
    { heading: 'IMAGE', cell: ({ task }) => imageOf(task, truncate) },
    { heading: 'NODE', cell: ({ node }) => node },
    { heading: 'DESIRED STATE', cell: ({ task }) => capitalized(task.desiredState) },
    { heading: 'CURRENT STATE', cell: ({ task }) => currentState(task, nowMs) },
    { heading: 'ERROR', cell: ({ task }) => renderError(task.status?.err ?? '', truncate) },
    { heading: 'PORTS', cell: ({ task }) => renderPorts(task.status?.portStatus?.ports ?? []) },
  ];
}

function imageOf(task: Task, truncate: boolean): string {
  const image = task.spec?.containerSpec?.image ?? '';
  return truncate ? renderImage(image) : image;
}
