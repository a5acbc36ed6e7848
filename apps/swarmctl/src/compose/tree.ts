/** What a YAML document holds: maps, lists and scalars. */
export type Tree = { readonly [key: string]: unknown };

/** Whether a value is a map. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map, empty when the value is none. */
export function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}

/** A map with its values replaced. */
export function mapTree<T>(tree: Tree, change: (value: unknown, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, change(value, key)]));
}
