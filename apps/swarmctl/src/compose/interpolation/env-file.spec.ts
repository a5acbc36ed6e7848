import fc from 'fast-check';
import { isCode } from '#common/errors';
import { parseEnvFile, parseRawEnvFile } from './env-file';
import type { Variables } from './template';

const SHELL: Variables = { valueOf: (name) => (name === 'HOME' ? '/root' : undefined), unset: () => undefined };
const read = (text: string): Record<string, string | undefined> => Object.fromEntries(parseEnvFile('.env', text, SHELL));

it.each<[string, Record<string, string | undefined>]>([
  ['A=1', { A: '1' }],
  ['export A=1', { A: '1' }],
  ['A = spaced  ', { A: 'spaced' }],
  ['A: yaml', { A: 'yaml' }],
  ['A=', { A: '' }],
  ['A', { A: undefined }],
  ['# comment\n\nA=1 # more', { A: '1' }],
  ['A=a#b', { A: 'a#b' }],
  ["A='$HOME # x'", { A: '$HOME # x' }],
  ['A="$HOME # x" # y', { A: '/root # x' }],
  ['A="a\\nb\\"c"', { A: 'a\nb"c' }],
  ['A="\\$HOME"', { A: '$HOME' }],
  ['A="one\ntwo"\nB=2', { A: 'one\ntwo', B: '2' }],
  ['A=1\nB=${A}2\nC=${NONE:-3}', { A: '1', B: '12', C: '3' }],
  ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
])('%j', (text, expected) => expect(read(text)).toEqual(expected));

it.each([
  ['A=1\n=2', '.env:2: is not of the form NAME=value'],
  ['A B=1', '.env:1: is not of the form NAME=value'],
  ['A=1\nB="open\nC=3', '.env:2: has a " that is never closed'],
  ['A=${', '.env:1: has a $ that begins no variable'],
])('%j is refused', (text, message) => expect(() => read(text)).toThrow(message));

it('ends with entries or with an error of the user, whatever it is given', () => {
  const pieces = fc.array(fc.constantFrom('A', '=', '"', "'", '\n', '#', ' ', '$', '{', '}', '\\', 'export '), { maxLength: 30 });
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((parts) => parts.join('')),
        fc.string(),
      ),
      (text) => {
        try {
          read(text);
        } catch (error) {
          expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it('takes raw values literally', () => {
  const entries = parseRawEnvFile('.env', '# c\nA="x" # y\nB=$HOME\nC\n');
  expect(Object.fromEntries(entries)).toEqual({ A: '"x" # y', B: '$HOME', C: undefined });
});
