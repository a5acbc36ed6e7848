import { parseDuration, SERVICE_OPTIONS } from '#common/domain';
import { messageOf } from '#common/errors';
import { badValue, type ValueKind } from '../flag';
import { pair, type Pair } from './text';

const EXAMPLE = 'team=shop';
const anyPair = pair(EXAMPLE);

/** A label of a service; of those that swarmctl acts on, the values are read here already. */
export const label: ValueKind<Pair> = { placeholder: anyPair.placeholder, example: EXAMPLE, parse: parseLabel };

function parseLabel(text: string): Pair {
  const given = anyPair.parse(text);
  const [name, value] = given;
  if (name === SERVICE_OPTIONS.rebalance && value !== 'true' && value !== 'false') {
    throw badValue(`${name}: '${value}' is neither true nor false`);
  }
  if (name === SERVICE_OPTIONS.progressDeadline) requireDeadline(name, value);
  return given;
}

function requireDeadline(name: string, value: string): void {
  try {
    if (parseDuration(value) > 0) return;
  } catch (error) {
    throw badValue(`${name}: ${messageOf(error)}`);
  }
  throw badValue(`${name}: the deadline has to be longer than 0`);
}
