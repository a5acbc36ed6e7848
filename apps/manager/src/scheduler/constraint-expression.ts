import { NodeRole } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Node } from '#common/proto';

export interface Constraint {
  key: string;
  operator: '==' | '!=';
  value: string;
}

const EXPRESSION = /^\s*([^\s=!]+)\s*(==|!=)\s*(\S(?:.*\S)?)\s*$/s;

/** Reads one placement constraint. @throws DomainError INVALID_ARGUMENT saying what was not understood */
export function parseConstraint(text: string): Constraint {
  const [, key, operator, value] = EXPRESSION.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new DomainError('INVALID_ARGUMENT', `placement constraint '${text}' is not of the form KEY==VALUE or KEY!=VALUE`);
  }
  return { key, operator: operator === '!=' ? '!=' : '==', value };
}

/** Whether the node meets the constraint. Values compare without case; a label that is missing is the empty string. */
export function satisfies(constraint: Constraint, node: Node): boolean {
  const actual = attributeOf(constraint.key, node);
  if (actual === undefined) return false;
  const same = actual.toLowerCase() === constraint.value.toLowerCase();
  return constraint.operator === '==' ? same : !same;
}

const NODE_LABEL = 'node.labels.';
const ENGINE_LABEL = 'engine.labels.';

/** What a key means on a node; undefined for a key that means nothing, which no node satisfies. */
export function attributeOf(key: string, node: Node): string | undefined {
  switch (key.toLowerCase()) {
    case 'node.id':
      return node.id;
    case 'node.hostname':
      return node.description?.hostname ?? '';
    case 'node.ip':
      return node.status?.addr ?? '';
    case 'node.role':
      return node.spec?.role ?? NodeRole.worker;
    case 'node.platform.os':
      return node.description?.platform?.os ?? '';
    case 'node.platform.arch':
      return node.description?.platform?.architecture ?? '';
    default:
      return labelOf(key, node);
  }
}

function labelOf(key: string, node: Node): string | undefined {
  const lower = key.toLowerCase();
  if (lower.startsWith(NODE_LABEL)) return node.spec?.labels[key.slice(NODE_LABEL.length)] ?? '';
  if (lower.startsWith(ENGINE_LABEL)) return node.description?.engine?.labels[key.slice(ENGINE_LABEL.length)] ?? '';
  return undefined;
}
