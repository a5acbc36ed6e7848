import { isAttachment, TaskState } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Task } from '#common/proto';
import type { ClusterView } from '#common/store';
import { findNode, findService } from '../lookup';
import type { UpToDate } from '../ports';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

const ACCEPTED = ['_up-to-date', 'desired-state', 'id', 'label', 'name', 'node', 'runtime', 'service'] as const;
const STATES: readonly string[] = Object.values(TaskState);

/** @throws DomainError INVALID_ARGUMENT */
export function parseTaskFilters(text: string | null): Filters {
  const filters = parseFilters(text, ACCEPTED);
  for (const state of filters.get('desired-state') ?? []) {
    if (!STATES.includes(state)) throw new DomainError('INVALID_ARGUMENT', `invalid desired-state filter: '${state}'`);
  }
  return filters;
}

/**
 * The tasks that a list with these filters shows. Services and nodes may be named in any way that they can be looked up.
 * @throws DomainError NOT_FOUND, INVALID_ARGUMENT for a service or node that cannot be told
 */
export function selectTasks(view: ClusterView, filters: Filters, isUpToDate: UpToDate): Task[] {
  const services = new Set(filters.get('service')?.map((term) => findService(view, term).id));
  const nodes = new Set(filters.get('node')?.map((term) => findNode(view, term).id));
  return candidates(view, services, nodes).filter(
    (task) =>
      (services.size === 0 || services.has(task.serviceId)) &&
      (nodes.size === 0 || nodes.has(task.nodeId)) &&
      matchesTask(filters, task) &&
      (!filters.has('_up-to-date') || isCurrent(view, task, isUpToDate)),
  );
}

/** Starts from the smallest set that the view has at hand: progress bars ask five times a second for one service's tasks. */
function candidates(view: ClusterView, services: ReadonlySet<string>, nodes: ReadonlySet<string>): Task[] {
  if (services.size > 0) return [...services].flatMap((id) => view.tasksOfService(id));
  if (nodes.size > 0) return [...nodes].flatMap((id) => view.tasksOfNode(id));
  return view.tasks();
}

function matchesTask(filters: Filters, task: Task): boolean {
  return (
    passes(filters, 'id', (prefix) => task.id.startsWith(prefix)) &&
    passes(filters, 'name', (prefix) => task.name.startsWith(prefix)) &&
    passes(filters, 'desired-state', (state) => task.desiredState === state) &&
    isOfRuntime(filters, task) &&
    passesLabels(filters, 'label', task.serviceLabels)
  );
}

/** As in Docker, containers' places on networks are shown to those only who ask for them. */
function isOfRuntime(filters: Filters, task: Task): boolean {
  if (!filters.has('runtime')) return !isAttachment(task);
  return passes(filters, 'runtime', (runtime) => (task.spec?.runtime || 'container') === runtime);
}

function isCurrent(view: ClusterView, task: Task, isUpToDate: UpToDate): boolean {
  const service = view.service(task.serviceId);
  return service !== undefined && isUpToDate(task, service, view.node(task.nodeId));
}
