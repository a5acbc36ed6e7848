import { parseOctal, parseWhole } from '../../flags/values/numbers';
import { parseShellWords } from '../../flags/values/shell-words';
import { splitPair } from '../../flags/values/text';
import { parseTruth } from '../../flags/values/truth';
import type { Place } from '../place';
import { asTree, isTree, mapTree } from '../tree';

/**
 * Brings a value, whose kind the schema has checked, into its one long form.
 * @throws DomainError INVALID_ARGUMENT naming the place
 */
export type Shape = (value: unknown, place: Place) => unknown;

/** As it stands. */
export const asIs: Shape = (value) => value;

/** A text; numbers and truths are written as texts. */
export const text: Shape = (value) => (value === null ? null : String(value));

/** A variable in a file is always a text, also where a number is meant. */
export const whole: Shape = (value, place) => (typeof value === 'number' ? value : place.read(String(value), parseWhole));

/** May be negative. */
export const integer: Shape = (value, place) => {
  if (typeof value === 'number') return value;
  if (!/^[+-]?\d+$/.test(String(value))) throw place.error(`is no whole number: ${String(value)}`);
  return Number(value);
};

export const truth: Shape = (value, place) => (typeof value === 'boolean' ? value : place.read(String(value), parseTruth));

/** A number has been read as octal by its leading zero; a text is octal in any case. */
export const fileMode: Shape = (value, place) => (typeof value === 'number' ? value : place.read(String(value), parseOctal));

/** A list of texts; one alone may stand for a list. */
export const texts: Shape = (value) => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** A command: a text is split as a shell does it. */
export const words: Shape = (value, place) => {
  if (value === null) return null;
  return Array.isArray(value) ? value.map(String) : place.read(String(value), parseShellWords);
};

/** `NAME=value` in a list, or a map. */
export const nameValues: Shape = (value, place) => {
  if (!Array.isArray(value)) return mapTree(asTree(value), (item) => (item === null ? null : String(item)));
  const pairs = value.map((item, index): [string, string | null] => {
    const given = String(item);
    const [name, rest] = splitPair(given);
    if (name === '') throw place.at(index).error(`'${given}' has no name before the equals sign`);
    return [name, given.includes('=') ? rest : null];
  });
  return Object.fromEntries(pairs);
};

/** A list of names, or a map with settings for each. */
export function namesOr(settings: Shape, none: unknown): Shape {
  return (value, place) => {
    if (Array.isArray(value)) return Object.fromEntries(value.map((name) => [String(name), none]));
    return mapTree(asTree(value), (item, key) => (item === null ? none : settings(item, place.at(key))));
  };
}

/** Each item of a list in its own form. */
export function listOf(item: Shape): Shape {
  return (value, place) => (Array.isArray(value) ? value.map((one, index) => item(one, place.at(index))) : value);
}

/** Each value of a map in its own form. */
export function mapOf(item: Shape): Shape {
  return (value, place) => mapTree(asTree(value), (one, key) => item(one, place.at(key)));
}

/** A map whose keys have forms of their own; others stay as they are, and what is for other tools (`x-…`) goes. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, place) => {
    if (!isTree(value)) return value;
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-'));
    return Object.fromEntries(kept.map(([key, item]) => [key, shapeOf(shapes, key)(item, place.at(key))]));
  };
}

const shapeOf = (shapes: Readonly<Record<string, Shape>>, key: string): Shape =>
  (Object.hasOwn(shapes, key) ? shapes[key] : undefined) ?? asIs;
