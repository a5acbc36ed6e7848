import fc from 'fast-check';
import { canonicalTarget } from './request-target';

it.each([
  ['/', '/'],
  ['/v1.41/services/create', '/v1.41/services/create'],
  ['/services?filters={"a":["b//../%zz"]}&x=http://y', '/services?filters={"a":["b//../%zz"]}&x=http://y'],
  ['/containers/json/', '/containers/json/'],
  ['/containers/web.1.x..y/json', '/containers/web.1.x..y/json'],
  ['/containers/a;b=c,d/json', '/containers/a;b=c,d/json'],
  // Docker's command line, docker-py, docker-java and swarmctl ask for the same image.
  ['/v1.41/distribution/registry.local:5000/web@sha256:ab/json', '/v1.41/distribution/registry.local:5000/web@sha256:ab/json'],
  ['/v1.41/distribution/registry.local:5000/web%40sha256:ab/json', '/v1.41/distribution/registry.local:5000/web@sha256:ab/json'],
  ['/distribution/registry.local%3A5000%2fweb%40sha256%3Aab/json', '/distribution/registry.local:5000/web@sha256:ab/json'],
  ['/images/library%2Fnginx/json', '/images/library/nginx/json'],
  ['/v1.24/plugins/vieux%2Fsshfs/json', '/v1.24/plugins/vieux/sshfs/json'],
  // Names that no object can have are still asked for: their answer is 404.
  ['/containers/a%20b%25c%c3%a9%3f%23/json', '/containers/a%20b%25c%C3%A9%3F%23/json'],
  ['/volumes/%7Bx%7d', '/volumes/%7Bx%7D'],
])('%s is %s', (target, canonical) => expect(canonicalTarget(target)).toBe(canonical));

it.each([
  ['', 'has to be a path'],
  ['*', 'has to be a path'],
  ['services', 'has to be a path'],
  ['http://host/services', 'has to be a path'],
  ['host:2375', 'has to be a path'],
  ['//host/services', 'empty segment'],
  ['/v1.41//containers/json', 'empty segment'],
  ['/containers//json?x', 'empty segment'],
  ['/services//', 'empty segment'],
  ['/services/..', 'empty segment'],
  ['/./services', 'empty segment'],
  ['/services/../secrets', 'empty segment'],
  ['/services/.?x', 'empty segment'],
  ['/v1.41/%63ontainers/json', '%63, which has to be written as c'],
  ['/services/%2e%2e/secrets', '%2e, which has to be written as .'],
  ['/services/a%2Db', 'has to be written as -'],
  ['/services/a%2Fb', 'encoded slash'],
  ['/containers/%2Fweb/json', 'encoded slash'],
  ['/images%2Fjson', 'encoded slash'],
  ['/v1.41%2fcontainers/json', 'encoded slash'],
  ['/images/a%2F%2Fb/json', 'empty segment'],
  ['/images/a%2F..%2F..%2Fcontainers/json', 'empty segment'],
  ['/containers/a\\b', 'backslash'],
  ['/containers/a%5cb', 'encoded backslash'],
  ['/containers/a#b', 'number sign'],
  ['/containers/a%00', 'control character'],
  ['/containers/a%0d%0aX: y', 'percent-encoded'],
  ['/containers/a%0d%0aX:y', 'control character'],
  ['/containers/a%7f', 'control character'],
  ['/containers/a\u00e9', 'percent-encoded'],
  ['/containers/a\tb', 'percent-encoded'],
  ['/containers/a%', 'two hexadecimal digits'],
  ['/containers/a%4', 'two hexadecimal digits'],
  ['/containers/a%zz', 'two hexadecimal digits'],
  ['/containers/a%ff', 'not UTF-8'],
  ['/containers/a%c0%af', 'not UTF-8'],
])('%j is refused: %s', (target, why) => expect(() => canonicalTarget(target)).toThrow(why));

const targets = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '//', '.', '..', '%2F', '%2e', '%41', '%3A', '%25', 'images', 'v1.41', '?', ';', '\\'),
      fc.string(),
    ),
  )
  .map((parts) => `/${parts.join('')}`);

it('what is let in has one spelling, and a segment is the same however often it is decoded as long as that is once', () =>
  fc.assert(
    fc.property(targets, (target) => {
      const canonical = accepted(target);
      if (canonical === undefined) return;
      expect(canonicalTarget(canonical)).toBe(canonical);
      const [path = ''] = canonical.split('?', 1);
      // As Go's net/url and WHATWG's URL read it: neither finds another path, nor another host.
      const url = new URL(`http://x${canonical}`);
      expect([url.host, decodeURIComponent(url.pathname)]).toEqual(['x', decodeURIComponent(path)]);
    }),
    { numRuns: 2_000 },
  ));

it('a path of any length is dealt with in little time', () => {
  const started = performance.now();
  for (const unit of ['/a', '%41', '%3A', '/.', 'a', '/..a']) accepted(`/${unit.repeat(300_000)}`);
  expect(performance.now() - started).toBeLessThan(1_000);
});

function accepted(target: string): string | undefined {
  try {
    return canonicalTarget(target);
  } catch {
    return undefined;
  }
}
