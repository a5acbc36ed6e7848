import type { Pair } from '../values/text';

type NameValues = Record<string, string>;

/** Pairs as a map; of several with one name the last counts. */
export function newNameValues(pairs: readonly Pair[] = []): NameValues {
  return Object.fromEntries(pairs);
}

/** The map without `removed`, then with `added`: a name that is in both is set. */
export function changedNameValues(
  current: Readonly<NameValues>,
  added: readonly Pair[] = [],
  removed: readonly string[] = [],
): NameValues {
  const kept = Object.entries(current).filter(([name]) => !removed.includes(name));
  return Object.fromEntries([...kept, ...added]);
}
