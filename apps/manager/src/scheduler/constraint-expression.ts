import { holdsAddress, isNodeKey, readIpNetwork, readNumber, type NodeConstraint } from '#common/domain';
import type { Node } from '#common/proto';
import { attributeOf } from './node-attribute';

type Test = (actual: string) => boolean;

/**
 * The test that a constraint puts nodes to. Values compare without case and as a whole; a label that is missing is the empty text,
 * so that `!=` holds. A key that means nothing holds on no node, and neither does a comparison with what is not a number.
 */
export function constraintTest(constraint: NodeConstraint): (node: Node) => boolean {
  const { key, operator } = constraint;
  if (!isNodeKey(key)) return () => false;
  if (operator === 'exists') return (node) => attributeOf(key, node) !== undefined;
  const test = valueTest(constraint);
  return (node) => test(attributeOf(key, node) ?? '');
}

function valueTest({ key, operator, values }: NodeConstraint): Test {
  const [value = ''] = values;
  switch (operator) {
    case '<':
      return compared(value, (a, b) => a < b);
    case '<=':
      return compared(value, (a, b) => a <= b);
    case '>':
      return compared(value, (a, b) => a > b);
    case '>=':
      return compared(value, (a, b) => a >= b);
    default: {
      const isAny = key.toLowerCase() === 'node.ip' ? inNetworks(values) : oneOfTexts(values);
      return operator === '!=' ? negated(isAny) : isAny;
    }
  }
}

function compared(value: string, holds: (a: number, b: number) => boolean): Test {
  const limit = readNumber(value);
  return (actual) => {
    const number = readNumber(actual);
    return number !== undefined && limit !== undefined && holds(number, limit);
  };
}

function oneOfTexts(values: readonly string[]): Test {
  const wanted = values.map((value) => value.toLowerCase());
  return (actual) => wanted.includes(actual.toLowerCase());
}

function inNetworks(values: readonly string[]): Test {
  const networks = values.flatMap((value) => readIpNetwork(value) ?? []);
  return (actual) => networks.some((network) => holdsAddress(network, actual));
}

function negated(test: Test): Test {
  return (actual) => !test(actual);
}
