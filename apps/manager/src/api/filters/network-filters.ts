import { type PredefinedNetwork } from '#common/domain';
import type { Network } from '#common/proto';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

const ACCEPTED = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'] as const;
const SCOPE = 'swarm';

/** @throws DomainError INVALID_ARGUMENT */
export function parseNetworkFilters(text: string | null): Filters {
  return parseFilters(text, ACCEPTED);
}

/** Whether a list of networks with these filters shows the network. `isUsed`: a service is attached to it. */
export function matchesNetwork(filters: Filters, { id, spec }: Network, isUsed: (id: string) => boolean): boolean {
  return (
    passes(filters, 'id', (prefix) => id.startsWith(prefix)) &&
    passes(filters, 'name', (part) => spec?.name.includes(part) ?? false) &&
    passes(filters, 'driver', (wanted) => spec?.driver === wanted) &&
    passes(filters, 'scope', (scope) => scope === SCOPE) &&
    passes(filters, 'type', (type) => type === 'custom') &&
    passes(filters, 'dangling', (wanted) => (wanted === 'true' || wanted === '1') === !isUsed(id)) &&
    passesLabels(filters, 'label', spec?.labels ?? {})
  );
}

/** As matchesNetwork, for those that every engine has. */
export function matchesPredefined(filters: Filters, { name, driver }: PredefinedNetwork): boolean {
  return (
    passes(filters, 'id', (prefix) => name.startsWith(prefix)) &&
    passes(filters, 'name', (part) => name.includes(part)) &&
    passes(filters, 'driver', (wanted) => driver === wanted) &&
    passes(filters, 'scope', (scope) => scope === SCOPE) &&
    passes(filters, 'type', (type) => type === 'builtin') &&
    passes(filters, 'dangling', (wanted) => wanted === 'false' || wanted === '0') &&
    !filters.has('label')
  );
}
