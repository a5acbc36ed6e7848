/** Gives the name by which an item of a list is known. */
export type KeyOf<T> = (item: T) => string;

/** Of items with the same key the last, in the order in which those were given. */
export function lastOfEach<T>(items: readonly T[], keyOf: KeyOf<T>): T[] {
  const lastIndex = new Map(items.map((item, index) => [keyOf(item), index]));
  return items.filter((item, index) => lastIndex.get(keyOf(item)) === index);
}

/** The items whose key is not among those to remove. */
export function without<T>(items: readonly T[], keys: readonly string[] | undefined, keyOf: KeyOf<T>): T[] {
  return items.filter((item) => !keys?.includes(keyOf(item)));
}

/** The items with `added` behind them; an added item takes the place of one with the same key. */
export function withAdded<T>(items: readonly T[], added: readonly T[] | undefined, keyOf: KeyOf<T>): T[] {
  return added ? lastOfEach([...items, ...added], keyOf) : [...items];
}

/** The items ordered by a text that each gives, code unit by code unit as Go compares strings. */
export function sortedBy<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return [...items].sort((a, b) => compare(textOf(a), textOf(b)));
}

/** For lists of words, which are their own keys. */
export const itself = (word: string): string => word;
