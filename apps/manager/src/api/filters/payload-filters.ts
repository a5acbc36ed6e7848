import type { Config, Secret } from '#common/proto';
import { parseFilters, passes, passesLabels, type Filters } from './parse-filters';

const ACCEPTED = ['id', 'label', 'name', 'names'] as const;

/** Filters of secrets and of configs. @throws DomainError INVALID_ARGUMENT */
export function parsePayloadFilters(text: string | null): Filters {
  return parseFilters(text, ACCEPTED);
}

/** Whether a list with these filters shows the secret or config. */
export function matchesPayload(filters: Filters, { id, spec }: Secret | Config): boolean {
  return (
    passes(filters, 'id', (prefix) => id.startsWith(prefix)) &&
    passes(filters, 'name', (prefix) => spec?.name.startsWith(prefix) ?? false) &&
    passes(filters, 'names', (name) => spec?.name === name) &&
    passesLabels(filters, 'label', spec?.labels ?? {})
  );
}
