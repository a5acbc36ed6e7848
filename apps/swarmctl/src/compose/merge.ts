import type { MergeTag } from './documents/yaml-document';
import { renderPath, type ValuePath } from './place';
import { isTree, type Tree } from './tree';

type KeyOf = (item: Tree) => string;

const byTarget: KeyOf = ({ target }) => String(target);
const bySourceAndTarget: KeyOf = ({ source, target }) => String(target ?? source);

/** Lists of a service whose items have a key: a later one takes the place of an earlier one with the same. */
const KEYED: Readonly<Record<string, KeyOf>> = {
  ports: ({ target, published, protocol, host_ip }) => [target, published, protocol, host_ip].join(' '),
  volumes: byTarget,
  secrets: bySourceAndTarget,
  configs: bySourceAndTarget,
};

/** Lists whose items mean something together: a later one takes the place of an earlier one as a whole. */
const WHOLE = new Set(['command', 'entrypoint', 'healthcheck.test']);

/** Maps of settings of the driver they stand beside. */
const isOtherDriver = (before: Tree, after: Tree): boolean =>
  before.driver !== undefined && after.driver !== undefined && before.driver !== after.driver;

/** One merge, of two maps into one. */
class Merge {
  constructor(private readonly tags: ReadonlyMap<string, MergeTag>) {}

  maps(before: Tree, after: Tree, path: ValuePath): Tree {
    const merged: Record<string, unknown> = { ...before };
    for (const [key, value] of Object.entries(after)) merged[key] = this.values(before[key], value, [...path, key]);
    for (const key of Object.keys(before)) {
      if (this.tags.get(renderPath([...path, key])) === 'reset') delete merged[key];
    }
    return merged;
  }

  private values(before: unknown, after: unknown, path: ValuePath): unknown {
    const tag = this.tags.get(renderPath(path));
    if (before === undefined || before === null || tag !== undefined) return after;
    if (isTree(before) && isTree(after)) {
      if (path.at(-1) === 'logging' && isOtherDriver(before, after)) return after;
      return this.maps(before, after, path);
    }
    if (Array.isArray(before) && Array.isArray(after)) return mergeLists(before, after, path);
    return after;
  }
}

function mergeLists(before: unknown[], after: unknown[], path: ValuePath): unknown[] {
  const key = path.slice(2).join('.');
  if (path[0] === 'services' && WHOLE.has(key)) return after;
  const keyOf = path[0] === 'services' && Object.hasOwn(KEYED, key) ? KEYED[key] : undefined;
  const nameOf = (item: unknown): string => (keyOf && isTree(item) ? keyOf(item) : JSON.stringify(item));
  const merged = new Map(before.map((item) => [nameOf(item), item]));
  for (const item of after) merged.set(nameOf(item), item);
  return [...merged.values()];
}

/**
 * Puts one document over another, both in their long form: maps are merged key by key, lists are joined, and everything else
 * is replaced. The rules are those of the compose specification, chapter "Merge"; `tags` are the `!reset` and `!override` of
 * the later document.
 */
export function mergeDocuments(before: Tree, after: Tree, tags: ReadonlyMap<string, MergeTag> = new Map()): Tree {
  return new Merge(tags).maps(before, after, []);
}
