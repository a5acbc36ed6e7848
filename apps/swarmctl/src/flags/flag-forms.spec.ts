import fc from 'fast-check';
import { isCode } from '#common/errors';
import { plainFlagForms, type KnownFlag } from './flag-forms';

const FLAGS: KnownFlag[] = [
  { short: '-e', long: '--env', required: true },
  { short: '-t', long: '--tty', required: false },
  { short: '-q', long: '--quiet', required: false },
  { long: '--no-healthcheck', required: false },
];

const plain = (line: string, stopAtWord = false): string => plainFlagForms(line.split(' '), FLAGS, stopAtWord).join(' ');

it.each([
  ['--env A=1', '--env A=1'],
  ['--env=A=1', '--env=A=1'],
  ['-e A=1', '-e A=1'],
  ['-eA=1', '-e A=1'],
  ['-e=A=1', '-e A=1'],
  ['-tqe A=1 x', '-t -q -e A=1 x'],
  ['-tqeA=1 x', '-t -q -e A=1 x'],
  ['--tty', '--tty'],
  ['--tty=true', '--tty'],
  ['--tty=0', '--no-tty'],
  ['-t=false', '--no-tty'],
  ['-qt=F', '-q --no-tty'],
  ['--no-healthcheck=false', '--no-no-healthcheck'],
  ['-e -t -t', '-e -t -t'],
  ['--unknown=1 -x', '--unknown=1 -x'],
  ['-- -tq', '-- -tq'],
])('%s', (given, expected) => expect(plain(given)).toBe(expected));

it('leaves the words of the container alone', () => {
  expect(plain('-tq image -tq --tty=false', true)).toBe('-t -q image -tq --tty=false');
  expect(plain('image -tq', false)).toBe('image -t -q');
});

it('takes the text of a flag for a text, even when it looks like a flag', () => {
  expect(plain('--env --tty=false x')).toBe('--env --tty=false x');
});

it('refuses a switch that is neither true nor false', () => {
  expect(() => plain('--tty=perhaps')).toThrow("'perhaps' is neither true nor false");
});

it('never loses or adds a word that is no flag', () => {
  const word = fc.oneof(fc.constantFrom('-t', '-e', '--env', '--tty=1', '-tq', '-', '--', 'x'), fc.string());
  fc.assert(
    fc.property(fc.array(word), fc.boolean(), (words, stopAtWord) => {
      try {
        const given = plainFlagForms(words, FLAGS, stopAtWord);
        expect(given.length).toBeGreaterThanOrEqual(words.length);
        expect(plainFlagForms(given, FLAGS, stopAtWord)).toEqual(given);
      } catch (error) {
        expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
      }
    }),
  );
});
