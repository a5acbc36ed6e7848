import { DomainError, messageOf } from '#common/errors';

/** Filter name → the values asked for; several values of one name mean "any of them", unless the filter says otherwise. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the `filters` query parameter in both of its encodings: `{"name":{"web":true}}` and `{"name":["web"]}`.
 * @throws DomainError INVALID_ARGUMENT bad JSON, or a filter that is not in `accepted`
 */
export function parseFilters(text: string | null, accepted: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (!text) return filters;
  const raw = parse(text);
  if (raw === null) return filters;
  if (!isObject(raw)) throw wrongType(raw, 'map[string]map[string]bool');
  for (const [name, values] of Object.entries(raw)) {
    if (!accepted.includes(name)) throw invalid(`Invalid filter '${name}'`);
    filters.set(name, valuesOf(values));
  }
  return filters;
}

/** Whether the filter is absent or one of its values passes. */
export function passes(filters: Filters, name: string, test: (value: string) => boolean): boolean {
  const values = filters.get(name);
  return values === undefined || values.length === 0 || values.some(test);
}

/** Label filters (`key` or `key=value`) narrow each other down: all of them have to match. */
export function passesLabels(filters: Filters, name: string, labels: Readonly<Record<string, string>>): boolean {
  return (filters.get(name) ?? []).every((wanted) => {
    const [key, value] = splitLabel(wanted);
    return Object.hasOwn(labels, key) && (value === '' || labels[key] === value);
  });
}

function splitLabel(text: string): [key: string, value: string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `filters is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function valuesOf(raw: unknown): string[] {
  if (raw === null) return [];
  if (Array.isArray(raw)) return raw.map(stringOf);
  if (isObject(raw)) return Object.keys(raw);
  throw wrongType(raw, 'map[string]bool');
}

function stringOf(raw: unknown): string {
  if (typeof raw !== 'string') throw wrongType(raw, 'string');
  return raw;
}

function isObject(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function wrongType(raw: unknown, wanted: string): DomainError {
  const found = Array.isArray(raw) ? 'array' : raw === null ? 'null' : typeof raw;
  return invalid(`filters: json: cannot unmarshal ${found} into Go value of type ${wanted}`);
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
