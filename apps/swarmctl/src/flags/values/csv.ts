import { badValue } from '../flag';
import { splitPair } from './text';

// A quoted field may hold commas, and quotes that are doubled. A quote inside a plain field is an error.
const FIELD = /"((?:[^"]|"")*)"|([^,"\r\n]*)/y;

/**
 * Splits one line of comma-separated values.
 * @throws DomainError INVALID_ARGUMENT for an empty line or a stray quote
 */
export function parseCsvLine(line: string): string[] {
  if (line.trim() === '') throw badValue('nothing was given');
  const fields: string[] = [];
  let position = 0;
  for (;;) {
    FIELD.lastIndex = position;
    const match = FIELD.exec(line);
    const end = FIELD.lastIndex;
    if (!match || (end < line.length && line[end] !== ',')) throw badValue(`'${line}' has a quote in the wrong place`);
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (end >= line.length) return fields;
    position = end + 1;
  }
}

/** One `key=value` of a list of fields; a key alone has no value. Keys are in lower case. */
export interface Field {
  readonly key: string;
  readonly value: string | undefined;
  readonly text: string;
}

/** Splits `key=value,key=value` into its fields. @throws DomainError INVALID_ARGUMENT */
export function parseFields(line: string): Field[] {
  return parseCsvLine(line).map((text) => {
    const [key, value] = splitPair(text);
    return { key: key.toLowerCase(), value: text.includes('=') ? value : undefined, text };
  });
}

/** The value that a field cannot do without. @throws DomainError INVALID_ARGUMENT */
export function valueOf(field: Field): string {
  if (field.value === undefined) throw badValue(`'${field.text}' is not of the form key=value`);
  return field.value;
}

/** What to throw at a key that is not known here. */
export function unknownKey(field: Field, known: readonly string[]): Error {
  return badValue(`'${field.key}' is not one of the keys ${known.join(', ')}`);
}
