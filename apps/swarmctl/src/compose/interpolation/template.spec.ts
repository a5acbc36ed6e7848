import fc from 'fast-check';
import { isCode } from '#common/errors';
import { interpolate, type Variables } from './template';

const VALUES: Record<string, string> = { NAME: 'web', EMPTY: '', _under: 'u', N1: '1' };

function fill(text: string): { result: string; unset: string[] } {
  const unset: string[] = [];
  const variables: Variables = { valueOf: (name) => VALUES[name], unset: (name) => void unset.push(name) };
  return { result: interpolate(text, variables), unset };
}

it.each([
  ['plain } text', 'plain } text'],
  ['$NAME', 'web'],
  ['${NAME}', 'web'],
  ['a-$NAME-b', 'a-web-b'],
  ['$NAME.io/$_under$N1', 'web.io/u1'],
  ['$$NAME', '$NAME'],
  ['$$$NAME', '$web'],
  ['${NONE:-default}', 'default'],
  ['${NONE-default}', 'default'],
  ['${EMPTY:-default}', 'default'],
  ['${EMPTY-default}', ''],
  ['${NAME:-default}', 'web'],
  ['${NAME:+instead}', 'instead'],
  ['${EMPTY:+instead}', ''],
  ['${EMPTY+instead}', 'instead'],
  ['${NONE+instead}', ''],
  ['${NAME:?never}', 'web'],
  ['${EMPTY?never}', ''],
  ['${NONE:-${NAME}}', 'web'],
  ['${NONE:-${EMPTY:-$NAME-x}}y', 'web-xy'],
  ['${NONE:-}', ''],
  ['${NONE:-a:b/c}', 'a:b/c'],
  ['${NONE:-$$5}', '$5'],
])('%s is %s', (text, expected) => {
  expect(fill(text)).toEqual({ result: expected, unset: [] });
});

it('tells of variables that have no value, but not of those in words that do not count', () => {
  expect(fill('$NONE ${ALSO_NONE} ${NAME:-$NOT_READ}')).toEqual({ result: '  web', unset: ['NONE', 'ALSO_NONE'] });
});

it.each([
  ['${NONE:?set it}', 'needs the variable NONE: set it'],
  ['${NONE?}', 'needs the variable NONE'],
  ['${EMPTY:?$NAME is missing}', 'needs the variable EMPTY: web is missing'],
])('%s is refused', (text, message) => expect(() => fill(text)).toThrow(message));

it.each(['$', 'a$', '$1', '${', '${}', '${NAME', '${NAME:-x', '${1}', '${NAME!x}', '${NAME:x}', '$ NAME', '${NONE:-${NAME}'])(
  '%s is refused as malformed',
  (text) => expect(() => fill(text)).toThrow('write $NAME or ${NAME}, or $$ for the sign itself'),
);

/** Texts that are full of what the syntax is made of. */
const templates = fc
  .array(fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'NAME', 'NONE', 'x', ' ', '$$', '${'), { maxLength: 40 })
  .map((parts) => parts.join(''));

it('ends with a text or with an error of the user, whatever it is given', () => {
  fc.assert(
    fc.property(fc.oneof(templates, fc.string()), (text) => {
      try {
        expect(typeof fill(text).result).toBe('string');
      } catch (error) {
        expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

it('gives any text back when its dollar signs are doubled', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(fill(text.replaceAll('$', '$$$$')).result).toBe(text)));
});

it('gives a value as it is, dollar signs and all', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(interpolate('<${X}>', { valueOf: () => value, unset: () => undefined })).toBe(`<${value}>`);
    }),
  );
});

it('refuses what is too deep instead of overflowing the stack', () => {
  const depth = 100_000;
  expect(() => fill(`${'${NONE:-'.repeat(depth)}${'}'.repeat(depth)}`)).toThrow('$$');
});
