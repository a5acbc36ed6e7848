import { NodeRole } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Node } from '#common/proto';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

const ACCEPTED = ['id', 'label', 'membership', 'name', 'node.label', 'role'] as const;
const ROLES: readonly string[] = [NodeRole.worker, NodeRole.manager];

/** Every node that is known here has been let in; none waits to be. */
const MEMBERSHIP = 'accepted';
const MEMBERSHIPS: readonly string[] = [MEMBERSHIP, 'pending'];

/** @throws DomainError INVALID_ARGUMENT */
export function parseNodeFilters(text: string | null): Filters {
  const filters = parseFilters(text, ACCEPTED);
  requireOneOf(filters, 'role', ROLES);
  requireOneOf(filters, 'membership', MEMBERSHIPS);
  return filters;
}

/** Whether a list of nodes with these filters shows the node. `label` speaks of the engine's labels, `node.label` of ours. */
export function matchesNode(filters: Filters, { id, spec, description }: Node): boolean {
  return (
    passes(filters, 'id', (prefix) => id.startsWith(prefix)) &&
    passes(filters, 'name', (prefix) => description?.hostname.startsWith(prefix) ?? false) &&
    passes(filters, 'role', (role) => (spec?.role ?? NodeRole.worker) === role) &&
    passes(filters, 'membership', (membership) => membership === MEMBERSHIP) &&
    passesLabels(filters, 'label', description?.engine?.labels ?? {}) &&
    passesLabels(filters, 'node.label', spec?.labels ?? {})
  );
}

function requireOneOf(filters: Filters, name: string, known: readonly string[]): void {
  for (const value of filters.get(name) ?? []) {
    if (!known.includes(value)) throw new DomainError('INVALID_ARGUMENT', `invalid ${name} filter: '${value}'`);
  }
}
