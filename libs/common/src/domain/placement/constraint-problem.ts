import { DOCKER_OPERATORS, isServiceKey, listItems, splitAffinity, splitConstraint, type ConstraintParts } from './constraint';
import { closestKey, isNodeKey } from './constraint-key';
import { readIpNetwork } from './ip-network';
import { readNumber } from './read-number';

// Docker's own (SwarmKit manager/constraint): what these refuse is refused in its words.
const KEY = /^[a-z_][a-z0-9\-_.]+$/i;
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;
const SERVICE = /^[a-z0-9][a-z0-9_.-]*$/i;

/**
 * What is wrong with a placement constraint, in Docker's words where Docker refuses it too, with the closest valid form behind;
 * undefined when all is well.
 */
export function constraintProblem(text: string): string | undefined {
  const problem = findProblem(text);
  if (problem === undefined || problem.includes('did you mean')) return problem;
  const meant = closestForms(text).find((form) => form !== text && findProblem(form) === undefined);
  return meant === undefined ? problem : `${problem}; did you mean '${meant}'?`;
}

function findProblem(text: string): string | undefined {
  const parts = splitConstraint(text);
  const isDockers = DOCKER_OPERATORS.some((operator) => operator === parts?.operator);
  if (!parts || (!isDockers && !KEY.test(parts.key))) {
    return `constraint expected one operator from ${DOCKER_OPERATORS.join(', ')}, got '${text}'`;
  }
  if (!KEY.test(parts.key)) return `key '${parts.key}' is invalid in constraint '${text}'`;
  return isServiceKey(parts.key) ? affinityProblem(text, parts) : nodeProblem(text, parts);
}

function nodeProblem(text: string, { key, operator, value }: ConstraintParts): string | undefined {
  const values = operator === 'exists' ? [] : operator === 'in' ? listItems(value) : [value];
  const bad = values.find((item) => !VALUE.test(item));
  if (bad !== undefined) return `value '${bad}' is invalid in constraint '${text}'`;
  if (!isNodeKey(key)) return unknownKey(text, key);
  if (/^[<>]/.test(operator) && readNumber(value) === undefined) {
    return `constraint '${text}': '${value}' is not a number, and ${operator} compares numbers only`;
  }
  const noNetwork = key.toLowerCase() === 'node.ip' ? values.find((item) => !readIpNetwork(item)) : undefined;
  if (noNetwork === undefined) return undefined;
  return `constraint '${text}': '${noNetwork}' is neither an IP address nor a network such as 10.0.0.0/8`;
}

function affinityProblem(text: string, { operator, value }: ConstraintParts): string | undefined {
  const affinity = operator === '==' || operator === '!=' ? splitAffinity(value) : undefined;
  if (!affinity || !SERVICE.test(affinity.service)) {
    return `constraint '${text}': an affinity is service==NAME or service!=NAME, and 'topology=KEY' may follow`;
  }
  return isNodeKey(affinity.topology) ? undefined : unknownKey(text, affinity.topology);
}

function unknownKey(text: string, key: string): string {
  return `constraint '${text}': '${key}' is not a key; did you mean '${closestKey(key)}'?`;
}

/** Beyond this nobody's slip is worth the search. */
const MAX_LENGTH_TO_MEND = 200;

/** The text with each usual slip put right. */
function closestForms(text: string): string[] {
  if (text.length > MAX_LENGTH_TO_MEND) return [];
  return [
    text.replace(/\s*(?:!==|<>|=!)\s*/, '!='),
    text.replace(/\s*(?:=>|=+|:)\s*/, '=='),
    text.replace(/(topology)\s*(?:=+|:)\s*/i, '$1='),
    text.trim().replace(/\s+(?:is\s+)?/i, '=='),
  ];
}
