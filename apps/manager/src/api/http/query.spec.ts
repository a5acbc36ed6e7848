import { queryFlag, queryVersion, requireQueryChoice } from './query';

const query = (text: string) => new URLSearchParams(text);

describe('a flag in the query', () => {
  it.each(['', 'f=', 'f=0', 'f=no', 'f=False', 'f=NONE', 'g=1'])('is false for "%s"', (text) => {
    expect(queryFlag(query(text), 'f')).toBe(false);
  });

  it.each(['f=1', 'f=true', 'f=True', 'f=yes', 'f=2'])('is true for "%s"', (text) => {
    expect(queryFlag(query(text), 'f')).toBe(true);
  });
});

describe('a version in the query', () => {
  it('is a whole number', () => {
    expect(queryVersion(query('Name=x&version=12'), 'service')).toBe(12);
  });

  it.each([
    ['', `invalid service version '': strconv.ParseUint: parsing "": invalid syntax`],
    ['version=x', `invalid service version 'x': strconv.ParseUint: parsing "x": invalid syntax`],
    ['version=-1', `invalid service version '-1': strconv.ParseUint: parsing "-1": invalid syntax`],
    [
      'version=99999999999999999999',
      `invalid service version '99999999999999999999': strconv.ParseUint: parsing "99999999999999999999": value out of range`,
    ],
  ])('is refused in "%s"', (text, message) => {
    expect(() => queryVersion(query(text), 'service')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
  });
});

it('a choice in the query is one of its words or absent', () => {
  expect(requireQueryChoice(query('rollback=previous'), 'rollback', ['previous', 'none'])).toBe('previous');
  expect(requireQueryChoice(query(''), 'rollback', ['previous', 'none'])).toBe('');
  expect(() => requireQueryChoice(query('rollback=zz'), 'rollback', ['previous', 'none'])).toThrow(
    "invalid value 'zz' for rollback",
  );
});
