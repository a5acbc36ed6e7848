/** An object of the API: as it came, for JSON output, and decoded. */
export interface Fetched<T> {
  readonly raw: unknown;
  readonly object: T;
}

/** Values by the name of the filter; values of one name are alternatives. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** As the API takes them; undefined for none. */
export function encodeFilters(filters: Filters): string | undefined {
  const names = Object.keys(filters);
  if (names.length === 0) return undefined;
  const sets = Object.entries(filters).map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))]);
  return JSON.stringify(Object.fromEntries(sets));
}

/** The path of one object; the reference, an id or a name as typed, may hold anything. */
export function pathOf(collection: string, reference: string, rest = ''): string {
  return `/${collection}/${encodeURIComponent(reference)}${rest}`;
}
