/** Paths, joined by slashes, of what differs between two JSON values, with the new value; null where it is gone. */
export type Changes = Record<string, unknown>;

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Go leaves out most of its empty values and prints others; both mean the same to whoever reads them. */
function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.values(value).every(isAbsent);
}

function withoutAbsent(value: unknown): unknown {
  if (!isObject(value)) return value;
  const present = Object.entries(value).filter(([, item]) => !isAbsent(item));
  return Object.fromEntries(present.map(([name, item]) => [name, withoutAbsent(item)]));
}

/** What has to be done to `before` to get `after`. An empty value and none at all count as equal. */
export function changesBetween(before: unknown, after: unknown, path = ''): Changes {
  if (isAbsent(before) && isAbsent(after)) return {};
  if (isAbsent(after)) return { [path]: null };
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? {} : { [path]: withoutAbsent(after) };
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return Object.assign({}, ...names.map((name) => changesBetween(before[name], after[name], `${path}/${name}`))) as Changes;
}

/** The JSON value with the lists of these names sorted: docker puts some of its lists in another order at each run. */
export function withSortedLists(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withSortedLists(item, names));
  if (!isObject(value)) return value;
  const sortByText = (list: unknown[]): unknown[] => [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const inner = withSortedLists(item, names);
      return [name, Array.isArray(inner) && names.includes(name) ? sortByText(inner) : inner];
    }),
  );
}
