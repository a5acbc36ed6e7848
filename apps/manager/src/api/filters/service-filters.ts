import type { Service } from '#common/proto';
import { modeOf } from '../service-mode';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

const ACCEPTED = ['id', 'label', 'mode', 'name', 'runtime'] as const;

/** @throws DomainError INVALID_ARGUMENT */
export function parseServiceFilters(text: string | null): Filters {
  return parseFilters(text, ACCEPTED);
}

/** Whether a list of services with these filters shows the service. */
export function matchesService(filters: Filters, { id, spec }: Service): boolean {
  return (
    passes(filters, 'id', (prefix) => id.startsWith(prefix)) &&
    passes(filters, 'name', (prefix) => spec?.name.startsWith(prefix) ?? false) &&
    passes(filters, 'mode', (mode) => modeOf(spec?.mode) === mode) &&
    passes(filters, 'runtime', (runtime) => (spec?.taskTemplate?.runtime || 'container') === runtime) &&
    passesLabels(filters, 'label', spec?.labels ?? {})
  );
}
