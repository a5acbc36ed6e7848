import type { Node, Service } from '#common/proto';
import type { ClusterUsage } from '../top/read-usage';
import type { Usage } from '../top/container-usage';
import { renderSize } from './amounts';
import { renderReplicas } from './service-table';
import { toTaskRows, type TaskRow } from './task-table';
import { byName, renderTable, type Column } from './table';

/** What the rows of the tables are ordered by. */
export type TopOrder = 'cpu' | 'memory' | 'name';

interface Used<T> {
  readonly object: T;
  readonly name: string;
  readonly tasks: number;
  readonly usage: Usage | undefined;
}

/** A row as JSON has it. */
export interface TopRow {
  readonly Name: string;
  readonly Cpus: number | null;
  readonly MemoryBytes: number | null;
}

/** The three tables in numbers. */
export interface TopJson {
  readonly Nodes: readonly TopRow[];
  readonly Services: readonly TopRow[];
  readonly Tasks: readonly (TopRow & { readonly ID: string; readonly Node: string })[];
}

const PER_CENT = 100;
const NANOS_PER_CPU = 1e9;

/** As the docker command counts it: 100 % is one core. */
const percent = (cpus: number | undefined): string => (cpus === undefined ? '-' : `${(cpus * PER_CENT).toFixed(2)}%`);
const memory = (usage: Usage | undefined): string => (usage ? renderSize(usage.memoryBytes) : '-');

function sum(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  if (known.length === 0) return undefined;
  const counted = known.filter(({ cpus }) => cpus !== undefined);
  return {
    cpus: counted.length === 0 ? undefined : counted.reduce((total, { cpus = 0 }) => total + cpus, 0),
    memoryBytes: known.reduce((total, { memoryBytes }) => total + memoryBytes, 0),
  };
}

function inOrder<T>(rows: readonly Used<T>[], order: TopOrder): Used<T>[] {
  const amount = ({ usage }: Used<T>): number => (order === 'memory' ? usage?.memoryBytes : usage?.cpus) ?? -1;
  const names = byName<Used<T>>(({ name }) => name);
  return [...rows].sort((a, b) => (order === 'name' ? 0 : amount(b) - amount(a)) || names(a, b));
}

const columnsOf = <T>(heading: string): Column<Used<T>>[] => [{ heading, cell: ({ name }) => name }];
const USED: readonly Column<Used<unknown>>[] = [
  { heading: 'CPU', cell: ({ usage }) => percent(usage?.cpus) },
  { heading: 'MEMORY', cell: ({ usage }) => memory(usage) },
];

const NODE_COLUMNS: readonly Column<Used<Node>>[] = [
  ...columnsOf<Node>('NODE'),
  { heading: 'STATE', cell: ({ object }) => object.status?.state ?? '' },
  { heading: 'TASKS', cell: ({ tasks }) => String(tasks) },
  ...USED,
  { heading: 'OF CPUS', cell: ({ object }) => String((object.description?.resources?.nanoCpus ?? 0) / NANOS_PER_CPU) },
  { heading: 'OF MEMORY', cell: ({ object }) => renderSize(object.description?.resources?.memoryBytes ?? 0) },
];
const SERVICE_COLUMNS: readonly Column<Used<Service>>[] = [
  ...columnsOf<Service>('SERVICE'),
  { heading: 'REPLICAS', cell: ({ object }) => renderReplicas(object) },
  ...USED,
];
const TASK_COLUMNS: readonly Column<Used<TaskRow>>[] = [
  ...columnsOf<TaskRow>('TASK'),
  { heading: 'NODE', cell: ({ object }) => object.node },
  ...USED,
];

interface Rows {
  readonly nodes: Used<Node>[];
  readonly services: Used<Service>[];
  readonly tasks: Used<TaskRow>[];
}

function toRows({ services, nodes, tasks, usage }: ClusterUsage, order: TopOrder): Rows {
  const hostname = ({ id, description }: Node): string => description?.hostname || id;
  const names = {
    services: new Map(services.map((service) => [service.id, service])),
    nodes: new Map(nodes.map((node) => [node.id, hostname(node)])),
  };
  const of = <T>(object: T, name: string, mine: readonly { id: string }[]): Used<T> => {
    return { object, name, tasks: mine.length, usage: sum(mine.map(({ id }) => usage.get(id))) };
  };
  return {
    nodes: inOrder(
      nodes.map((node) =>
        of(
          node,
          hostname(node),
          tasks.filter(({ nodeId }) => nodeId === node.id),
        ),
      ),
      order,
    ),
    services: inOrder(
      services.map((service) =>
        of(
          service,
          service.spec?.name ?? service.id,
          tasks.filter(({ serviceId }) => serviceId === service.id),
        ),
      ),
      order,
    ),
    tasks: inOrder(
      toTaskRows(tasks, names).map((row) => of(row, row.name, [row.task])),
      order,
    ),
  };
}

/** The lines of all three tables. Of a table that has no room, the last rows are left out. @param height lines that there is room for */
export function renderTop(cluster: ClusterUsage, order: TopOrder, height = Infinity): string[] {
  const { nodes, services, tasks } = toRows(cluster, order);
  const tables = [renderTable(NODE_COLUMNS, nodes), renderTable(SERVICE_COLUMNS, services), renderTable(TASK_COLUMNS, tasks)];
  const lines: string[] = [];
  for (const [index, table] of tables.entries()) {
    // Each of the tables still to come gets its share of what is left, with an empty line before it.
    const left = height - lines.length;
    const share = Math.floor(left / (tables.length - index)) - 1;
    const shown = table.length <= share ? table : table.slice(0, Math.max(1, share - 1));
    const hidden = table.length - shown.length;
    lines.push(...(index > 0 ? [''] : []), ...shown, ...(hidden > 0 ? [`and ${hidden} more`] : []));
  }
  return lines;
}

/** The same in numbers, for scripts. */
export function topJson(cluster: ClusterUsage, order: TopOrder): TopJson {
  const { nodes, services, tasks } = toRows(cluster, order);
  const row = ({ name, usage }: Used<unknown>): TopRow => ({
    Name: name,
    Cpus: usage?.cpus ?? null,
    MemoryBytes: usage?.memoryBytes ?? null,
  });
  return {
    Nodes: nodes.map(row),
    Services: services.map(row),
    Tasks: tasks.map((task) => ({ ...row(task), ID: task.object.task.id, Node: task.object.node })),
  };
}
