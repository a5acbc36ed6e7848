import type { Move, PlanAnswer, PlannedTask, PlanSummary } from '../service-answers';
import { plainText } from './plain-text';
import { byName, renderTable, type Column } from './table';

/** Host names by node id; an id without a name stands for itself. */
export type NodeNames = ReadonlyMap<string, string>;

/** The service that a plan is about. */
export interface PlannedService {
  readonly name: string;
  /** Whether nodes stand for its slots. */
  readonly isPerNode: boolean;
}

/** What a node gets and loses by a plan. */
interface NodeCounts {
  readonly node: string;
  readonly start: number;
  readonly stop: number;
  readonly keep: number;
}

const NODE_COLUMNS: readonly Column<NodeCounts>[] = [
  { heading: 'NODE', cell: ({ node }) => node },
  { heading: 'START', cell: ({ start }) => String(start) },
  { heading: 'STOP', cell: ({ stop }) => String(stop) },
  { heading: 'KEEP', cell: ({ keep }) => String(keep) },
  { heading: 'TASKS AFTER', cell: ({ start, keep }) => String(start + keep) },
];

const MAX_PLACES = 10;

const WOULD: Readonly<Record<string, string>> = {
  start: 'would start',
  stop: 'would stop',
  replace: 'would be replaced',
  move: 'would move',
  keep: 'would stay',
  wait: 'would wait for a node',
};

const nameIn = (names: NodeNames, id: string): string => names.get(id) ?? id;

function renderSummary(service: string, { start, stop, replace, move, keep, waiting }: PlanSummary): string {
  const parts = [`${start} to start`, `${stop} to stop`, `${replace} to replace`, `${move} to move`, `${keep} to keep`];
  return `${service}: ${[...parts, `${waiting} to wait for a node`].join(', ')}`;
}

/** A task that is replaced or moved ends on one node and starts on another, or on the same one again. */
function countByNode(tasks: readonly PlannedTask[], names: NodeNames): NodeCounts[] {
  const counts = new Map<string, NodeCounts>();
  const add = (id: string, kind: 'start' | 'stop' | 'keep'): void => {
    if (id === '') return;
    const known = counts.get(id) ?? { node: nameIn(names, id), start: 0, stop: 0, keep: 0 };
    counts.set(id, { ...known, [kind]: known[kind] + 1 });
  };
  for (const { action, from, to } of tasks) {
    if (action === 'keep') add(to || from, 'keep');
    else {
      add(from, 'stop');
      if (action !== 'wait') add(to, 'start');
    }
  }
  return [...counts.values()].sort(byName(({ node }) => node));
}

function placeOf({ slot, from, to }: PlannedTask, { name, isPerNode }: PlannedService, names: NodeNames): string {
  return `${name}.${isPerNode ? nameIn(names, to || from) : slot}`;
}

function renderPlaces(places: readonly string[]): string {
  const shown = places.slice(0, MAX_PLACES).join(', ');
  return places.length > MAX_PLACES ? `${shown} and ${places.length - MAX_PLACES} more` : shown;
}

/** Why tasks do not simply stay or start: a line for all with the same fate and reason, those that would wait first. */
function renderReasons(tasks: readonly PlannedTask[], service: PlannedService, names: NodeNames): string[] {
  const groups = new Map<string, { first: PlannedTask; places: string[] }>();
  for (const task of tasks) {
    if (task.reason === '' && task.action !== 'wait') continue;
    const key = `${task.action} ${task.reason}`;
    const group = groups.get(key) ?? { first: task, places: [] };
    group.places.push(placeOf(task, service, names));
    groups.set(key, group);
  }
  const isWaiting = ({ first }: { first: PlannedTask }): number => Number(first.action === 'wait');
  return [...groups.values()]
    .sort((a, b) => isWaiting(b) - isWaiting(a))
    .map(({ first: { action, reason }, places }) => {
      const why = reason === '' ? '' : `: ${reason}`;
      return plainText(`${places.length} ${WOULD[action] ?? action}${why} (${renderPlaces(places)})`);
    });
}

/** The lines of `service plan`: what would happen, where, and why. */
export function renderPlan({ summary, tasks }: PlanAnswer, service: PlannedService, names: NodeNames): string[] {
  const nodes = countByNode(tasks, names);
  const reasons = renderReasons(tasks, service, names);
  return [
    plainText(renderSummary(service.name, summary)),
    ...(nodes.length === 0 ? [] : ['', ...renderTable(NODE_COLUMNS, nodes)]),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
  ];
}

/** One line for each task that goes elsewhere: `web.3: n1 → n2`. */
export function renderMoves(moves: readonly Move[], service: string, names: NodeNames): string[] {
  const inOrder = [...moves].sort((a, b) => a.slot - b.slot);
  return inOrder.map(({ slot, from, to }) => plainText(`${service}.${slot}: ${nameIn(names, from)} → ${nameIn(names, to)}`));
}
