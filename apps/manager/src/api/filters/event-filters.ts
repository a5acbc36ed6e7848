import type { ClusterEvent } from '../events/cluster-event';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

/** Docker's own (api/types/filters of daemon/events), and `task`, which is ours. */
const OF_OBJECTS = ['config', 'network', 'node', 'secret', 'service', 'task'] as const;
const OF_ENGINES = ['container', 'daemon', 'image', 'plugin', 'volume'] as const;
const ACCEPTED = [...OF_OBJECTS, ...OF_ENGINES, 'event', 'label', 'scope', 'type'];

/** @throws DomainError INVALID_ARGUMENT */
export function parseEventFilters(text: string | null): Filters {
  return parseFilters(text, ACCEPTED);
}

/** Whether a client that asks with these filters is told of the event. Events of tasks are told only to those who ask for them. */
export function matchesEvent(filters: Filters, { type, action, id, attributes }: ClusterEvent): boolean {
  if (type === 'task' && !isAskedFor(filters)) return false;
  const name = attributes['name'] ?? '';
  return (
    passes(filters, 'type', (wanted) => wanted === type) &&
    passes(filters, 'scope', (wanted) => wanted === 'swarm') &&
    passes(filters, 'event', (wanted) => wanted === action) &&
    OF_OBJECTS.every((kind) => passes(filters, kind, (term) => kind === type && (id.startsWith(term) || name === term))) &&
    OF_ENGINES.every((kind) => passes(filters, kind, () => false)) &&
    passesLabels(filters, 'label', attributes)
  );
}

/** Whether an engine has to be asked as well. */
export function concernsEngine(filters: Filters): boolean {
  const isEngines = (type: string): boolean => type === 'network' || !(OF_OBJECTS as readonly string[]).includes(type);
  return (
    passes(filters, 'type', isEngines) &&
    passes(filters, 'scope', (scope) => scope === 'local') &&
    OF_OBJECTS.every((kind) => kind === 'network' || !filters.has(kind))
  );
}

function isAskedFor(filters: Filters): boolean {
  return (filters.get('type') ?? []).includes('task') || filters.has('task');
}
