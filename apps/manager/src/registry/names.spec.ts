import { parseChallenge } from './challenge';
import { parseCredentials } from './credentials';
import { parseImageName } from './image-name';
import { InsecureRegistries } from './insecure-registries';

describe('the name of an image', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  it.each([
    ['busybox', 'registry-1.docker.io', 'library/busybox', 'latest'],
    ['docker.io/busybox:1', 'registry-1.docker.io', 'library/busybox', '1'],
    ['me/app:2', 'registry-1.docker.io', 'me/app', '2'],
    ['localhost/app', 'localhost', 'app', 'latest'],
    ['registry.test:5000/a/b/c:3', 'registry.test:5000', 'a/b/c', '3'],
    [`registry.test/app:3@${digest}`, 'registry.test', 'app', digest],
    [`busybox@${digest}`, 'registry-1.docker.io', 'library/busybox', digest],
  ])('%s is %s, %s, %s', (image, host, repository, reference) => {
    expect(parseImageName(image)).toEqual({ host, repository, reference });
  });
});

describe('a challenge', () => {
  it.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/t",service="s, with comma",scope=repository:x:pull',
      { scheme: 'bearer', realm: 'https://a/t', service: 's, with comma', scope: 'repository:x:pull' },
    ],
    ['Bearer service="s"', undefined],
    ['Negotiate', undefined],
    [null, undefined],
  ])('%s', (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });
});

describe('credentials in a header', () => {
  it.each([[undefined], [''], ['%%%'], [Buffer.from('{}').toString('base64url')], [Buffer.from('null').toString('base64url')]])(
    '%p are none',
    (header) => {
      expect(parseCredentials(header)).toBeUndefined();
    },
  );
});

describe('registries that may be asked without TLS', () => {
  const insecure = new InsecureRegistries(['10.77.0.0/24', 'plain.test:5000']);
  it.each([
    ['localhost:5000', true],
    ['127.0.0.1', true],
    ['[::1]:5000', true],
    ['10.77.0.9:5000', true],
    ['plain.test:5000', true],
    ['plain.test', false],
    ['10.78.0.9', false],
    ['registry-1.docker.io', false],
  ])('%s: %s', (host, allowed) => {
    expect(insecure.includes(host)).toBe(allowed);
  });

  it.each(['10.0.0.0/33', 'x/8', '10.0.0.0/a'])('%s is refused', (entry) => {
    expect(() => new InsecureRegistries([entry])).toThrow(entry);
  });
});
