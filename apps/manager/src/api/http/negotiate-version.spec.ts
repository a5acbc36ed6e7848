import { stripVersion } from './negotiate-version';

describe('the version in a path', () => {
  it.each([
    ['/v1.41/services?x=/v1.99/', '/services?x=/v1.99/'],
    ['/v1.24/_ping', '/_ping'],
    ['/services', '/services'],
    ['/vabc/services', '/vabc/services'],
    ['/v1.41', '/v1.41'],
    ['/v1.30/v1.41/x', '/v1.41/x'],
  ])('is taken off %s', (url, rest) => {
    expect(stripVersion(url)).toBe(rest);
  });

  it.each([
    ['/v1.42/services', 'client version 1.42 is too new. Maximum supported API version is 1.41'],
    ['/v9/services', 'client version 9 is too new. Maximum supported API version is 1.41'],
    ['/v1.100/services', 'client version 1.100 is too new. Maximum supported API version is 1.41'],
    [
      '/v1.23/services',
      'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
    [
      '/v1/services',
      'client version 1 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
  ])('is refused in %s', (url, message) => {
    expect(() => stripVersion(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
  });
});
