import { isServiceKey, readConstraint, splitConstraint, type NodeConstraint } from '#common/domain';
import { constraintTest } from '../constraint-expression';
import { attributeOf } from '../node-attribute';
import type { NodeInfo } from '../node-info';
import { onNodes, type Filter } from './filter';

/** Every placement constraint that speaks of the node itself holds. */
export const constraintFilter: Filter = {
  name: 'constraints',
  prepare(task) {
    const expressions = (task.spec?.placement?.constraints ?? []).filter(isAboutNode).map(prepareExpression);
    if (expressions.length === 0) return [];
    return [
      {
        admits: (info) => expressions.every(({ holds }) => holds(info)),
        why: (nodes) => `scheduling constraints not satisfied ${onNodes(nodes)}`,
        refusal: (info) => expressions.find(({ holds }) => !holds(info))?.refusal(info) ?? '',
      },
    ];
  },
};

interface Expression {
  holds(info: NodeInfo): boolean;
  refusal(info: NodeInfo): string;
}

function isAboutNode(text: string): boolean {
  return !isServiceKey(splitConstraint(text)?.key ?? '');
}

function prepareExpression(text: string): Expression {
  const constraint = readConstraint(text);
  if (constraint?.kind !== 'node') return { holds: () => false, refusal: () => `constraint '${text}' cannot be read` };
  const test = constraintTest(constraint);
  return { holds: ({ node }) => test(node), refusal: (info) => refusal(text, constraint, info) };
}

function refusal(text: string, { key }: NodeConstraint, { node }: NodeInfo): string {
  const actual = attributeOf(key, node);
  return `constraint '${text}' is not satisfied: ${actual === undefined ? `the node has no ${key}` : `${key} is '${actual}'`}`;
}
