import { readCounts } from './bench-options';

const defaults = { rounds: 3, replicas: 30 };

it('takes what is given and defaults for the rest', () => {
  expect(readCounts(defaults, ['--replicas', '6'])).toEqual({ rounds: 3, replicas: 6 });
});

it.each([
  ['zero', ['--rounds', '0']],
  ['half', ['--rounds', '0.5']],
  ['a word', ['--rounds', 'few']],
])('refuses %s, naming the option', (_, argv) => expect(() => readCounts(defaults, argv)).toThrow('--rounds'));

it('refuses an option that there is not', () => {
  expect(() => readCounts(defaults, ['--replica', '6'])).toThrow('--replica');
});
