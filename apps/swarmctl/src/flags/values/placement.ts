import { badValue, type ValueKind } from '../flag';
import { splitPair } from './text';

/** Reads `spread=<label>` into the label. Spreading is the only strategy that there is. @throws DomainError INVALID_ARGUMENT */
export function parsePreference(text: string): string {
  const [strategy, label] = splitPair(text);
  if (strategy !== 'spread' || label === '') throw badValue(`'${text}' is not of the form spread=LABEL`);
  return label;
}

/** The label that tasks are spread over. */
export const preference: ValueKind<string> = {
  placeholder: 'spread=label',
  example: 'spread=node.labels.zone',
  parse: parsePreference,
};
