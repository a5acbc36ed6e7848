import type { NameValues } from '../../compose/model';

/** Values by name, empty where there is none. */
export function plainValues(values: NameValues = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? '']));
}

/** Orders texts by their characters, so that the same file always makes the same spec. */
export function byText<T>(textOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [textOf(a), textOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };
}
