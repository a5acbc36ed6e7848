import { parseConstraint, satisfies } from '../constraint-expression';
import { onNodes, type Filter } from './filter';

/** Every placement constraint holds on the node. */
export const constraintFilter: Filter = {
  name: 'constraints',
  prepare(task) {
    const expressions = task.spec?.placement?.constraints ?? [];
    if (expressions.length === 0) return undefined;
    const constraints = expressions.map(parseConstraint);
    return (info) => constraints.every((constraint) => satisfies(constraint, info.node));
  },
  why: (nodes) => `scheduling constraints not satisfied ${onNodes(nodes)}`,
};
