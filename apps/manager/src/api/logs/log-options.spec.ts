import fc from 'fast-check';
import { engineLogQuery, parseLogOptions } from './log-options';

const parse = (text: string) => parseLogOptions(new URLSearchParams(text));

it.each([
  ['stdout=1', 'tail=all&stdout=1'],
  ['stdout=True&stderr=1&follow=1&tail=5&timestamps=1&details=1', 'tail=5&stdout=1&stderr=1&follow=1&timestamps=1'],
  ['stderr=1&since=1700000000.5', 'tail=all&stderr=1&since=1700000000.500000000'],
  [
    'stderr=1&since=2026-01-01T00:00:00Z&until=1700000000',
    'tail=all&stderr=1&since=1767225600.000000000&until=1700000000.000000000',
  ],
  ['stdout=1&since=0', 'tail=all&stdout=1'],
])('%s is asked of the engine as %s', (text, query) => expect(engineLogQuery(parse(text))).toBe(query));

it.each([
  ['', 'you must choose at least one stream'],
  ['stdout=0', 'you must choose at least one stream'],
  ['stdout=1&tail=-1', 'negative tail values not supported'],
  ['stdout=1&tail=x', 'tail value must be a positive integer or "all"'],
  ['stdout=1&since=soon', "invalid value 'soon' for since"],
])('"%s" is refused', (text, reason) =>
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(reason) }),
  ),
);

it('whatever is asked for, it is either refused as wrong or understood', () => {
  const names = fc.constantFrom('stdout', 'stderr', 'follow', 'since', 'until', 'tail', 'details', 'timestamps');
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.string()), { maxLength: 8 }), (pairs) => {
      try {
        engineLogQuery(parseLogOptions(new URLSearchParams(pairs)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }),
  );
});
