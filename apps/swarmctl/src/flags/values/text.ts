import { badValue, type ValueKind } from '../flag';

/** Any text, taken as it is. */
export function text(placeholder: string, example: string): ValueKind<string> {
  return { placeholder, example, parse: (given) => given };
}

/** One of a closed list of words, in any case. */
export function oneOf<T extends string>(...words: readonly [T, ...T[]]): ValueKind<T> {
  return {
    placeholder: 'choice',
    choices: words,
    example: words[0],
    parse: (given) => {
      const word = words.find((known) => known === given.toLowerCase());
      if (word === undefined) throw badValue(`'${given}' is none of ${words.join(', ')}`);
      return word;
    },
  };
}

/** A name and a value. */
export type Pair = readonly [name: string, value: string];

/** Splits `name=value` at the first equals sign; without one the value is empty. */
export function splitPair(given: string): Pair {
  const equals = given.indexOf('=');
  return equals < 0 ? [given, ''] : [given.slice(0, equals), given.slice(equals + 1)];
}

function parsePair(given: string): Pair {
  const pair = splitPair(given);
  if (pair[0] === '') throw badValue(`'${given}' has no name before the equals sign`);
  return pair;
}

/** `name=value`, or a name alone for an empty value. */
export function pair(example: string): ValueKind<Pair> {
  return { placeholder: 'name=value', example, parse: parsePair };
}

function parseVariable(given: string): string {
  if (given === '' || given.startsWith('=')) throw badValue(`'${given}' has no variable name`);
  return given;
}

/** `NAME=value`, or a name alone for the value that it has in the shell. */
export const variable: ValueKind<string> = { placeholder: 'name=value', example: 'LOG_LEVEL=debug', parse: parseVariable };

/** Of Linux, or of Windows with its drive. */
const ABSOLUTE_PATH = /^(?:\/|[a-z]:[\\/])/i;
const MAX_NAME_LENGTH = 63;
const SERVICE_NAME = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/i;

function parseAbsolutePath(given: string): string {
  if (given !== '' && !ABSOLUTE_PATH.test(given)) throw badValue(`'${given}' is not an absolute path`);
  return given;
}

function parseServiceName(given: string): string {
  if (given === '' || (given.length <= MAX_NAME_LENGTH && SERVICE_NAME.test(given))) return given;
  throw badValue(
    `'${given}' is not a name: up to ${MAX_NAME_LENGTH} letters, digits, '-' and '_', the first and the last a letter or digit`,
  );
}

/** A path inside the container; an empty one leaves it to the image. */
export const absolutePath: ValueKind<string> = { placeholder: 'path', example: '/srv', parse: parseAbsolutePath };

/** A name of a service; an empty one leaves it to the manager. */
export const serviceName: ValueKind<string> = { placeholder: 'name', example: 'web', parse: parseServiceName };
