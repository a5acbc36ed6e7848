import { constraintProblem } from '#common/domain';
import { badValue, type ValueKind } from '../flag';
import { splitPair } from './text';

/** Reads `spread=<label>` into the label. Spreading is the only strategy that there is. @throws DomainError INVALID_ARGUMENT */
export function parsePreference(text: string): string {
  const [strategy, label] = splitPair(text);
  if (strategy !== 'spread' || label === '') throw badValue(`'${text}' is not of the form spread=LABEL`);
  return label;
}

/**
 * Reads which service to be beside, `db`, or away from, `!=db`, and perhaps how near that is, `db topology=node.labels.zone`, into
 * the placement constraint that says so. @throws DomainError INVALID_ARGUMENT
 */
export function parseAffinity(text: string): string {
  const [, operator = '==', rest = ''] = /^(?:(?:service\s*)?([=!]=))?(.*)$/s.exec(text.trim()) ?? [];
  const constraint = `service${operator}${rest.trim().replace(/,\s*|\s+/, ' ')}`;
  const problem = constraintProblem(constraint);
  if (problem !== undefined) throw badValue(`'${text}' is not understood: ${problem}`);
  return constraint;
}

/** A service that tasks are placed near, or away from. */
export const affinity: ValueKind<string> = {
  placeholder: 'service',
  example: 'db topology=node.labels.zone',
  parse: parseAffinity,
};

/** The label that tasks are spread over. */
export const preference: ValueKind<string> = {
  placeholder: 'spread=label',
  example: 'spread=node.labels.zone',
  parse: parsePreference,
};
