import { parseChallenges } from './challenge';

it.each([
  ['', []],
  ['Basic', [{ scheme: 'basic', parameters: {} }]],
  ['Basic realm="a, b=\\"c\\""', [{ scheme: 'basic', parameters: { realm: 'a, b="c"' } }]],
  [
    'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.test/token', service: 'registry.test', scope: 'repository:a/b:pull,push' },
      },
    ],
  ],
  [
    'Negotiate, Basic realm=x, BEARER Realm = "y"',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'x' } },
      { scheme: 'bearer', parameters: { realm: 'y' } },
    ],
  ],
])('the challenge %j is read', (header, challenges) => expect(parseChallenges(header)).toEqual(challenges));
