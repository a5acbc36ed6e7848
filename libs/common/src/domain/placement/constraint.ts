/** How a constraint compares. `==` and `!=` are Docker's, the others are ours. */
export type Operator = '==' | '!=' | 'in' | 'exists' | '<' | '<=' | '>' | '>=';

/** What a node itself must be like. */
export interface NodeConstraint {
  readonly kind: 'node';
  readonly key: string;
  readonly operator: Operator;
  /** One, or for `in` several, or for `exists` none. */
  readonly values: readonly string[];
}

/** Beside which service's tasks a task runs (`==`), or does not (`!=`). */
export interface ServiceAffinity {
  readonly kind: 'service';
  readonly operator: '==' | '!=';
  /** Name or id. */
  readonly service: string;
  /** "Beside" is: on nodes with the same value of this key. `node.id`, the default, is the very same node. */
  readonly topology: string;
}

export type Constraint = NodeConstraint | ServiceAffinity;

export const SERVICE_KEY = 'service';
export const DEFAULT_TOPOLOGY = 'node.id';

/** In the order in which Docker looks for them. */
export const DOCKER_OPERATORS = ['==', '!='] as const;

/** An expression taken apart, before anybody asks whether the parts make sense. */
export interface ConstraintParts {
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
}

const LIST = /^\s*(\S+)\s+in\s*\((.*)\)\s*$/is;
const EXISTS = /^\s*(\S+)\s+exists\s*$/i;
const COMPARISON = /^([^<>]*)(<=|>=|<|>)([^<>=]*)$/;

/** Splits as Docker does where its operators are in the text; our own are looked for in the others. */
export function splitConstraint(text: string): ConstraintParts | undefined {
  const operator = DOCKER_OPERATORS.find((candidate) => text.includes(candidate));
  if (operator) {
    const at = text.indexOf(operator);
    return { key: text.slice(0, at).trim(), operator, value: text.slice(at + operator.length).trim() };
  }
  const list = LIST.exec(text);
  if (list) return { key: list[1] ?? '', operator: 'in', value: list[2] ?? '' };
  const exists = EXISTS.exec(text);
  if (exists) return { key: exists[1] ?? '', operator: 'exists', value: '' };
  const [, key = '', compared, value = ''] = COMPARISON.exec(text) ?? [];
  return compared ? { key: key.trim(), operator: compared as Operator, value: value.trim() } : undefined;
}

/** The items of an `in` list. */
export function listItems(value: string): string[] {
  return value.split(',').map((item) => item.trim());
}

const AFFINITY = /^(\S+)(?:\s+topology=(\S+))?$/i;

/** What stands behind `service==` or `service!=`. */
export function splitAffinity(value: string): { service: string; topology: string } | undefined {
  const [, service, topology = DEFAULT_TOPOLOGY] = AFFINITY.exec(value) ?? [];
  return service === undefined ? undefined : { service, topology };
}

/** Whether the key means another service rather than something of the node. */
export function isServiceKey(key: string): boolean {
  return key.toLowerCase() === SERVICE_KEY;
}

/**
 * Reads a constraint that was stored; undefined for one that cannot be read. A key that means nothing is read all the same, for
 * no node satisfies it.
 */
export function readConstraint(text: string): Constraint | undefined {
  const parts = splitConstraint(text);
  if (!parts || parts.key === '') return undefined;
  const { key, operator, value } = parts;
  if (isServiceKey(key)) {
    const affinity = operator === '==' || operator === '!=' ? splitAffinity(value) : undefined;
    return affinity && { kind: 'service', operator: operator === '!=' ? '!=' : '==', ...affinity };
  }
  if (operator === 'exists') return { kind: 'node', key, operator, values: [] };
  if (value === '') return undefined;
  return { kind: 'node', key, operator, values: operator === 'in' ? listItems(value) : [value] };
}
