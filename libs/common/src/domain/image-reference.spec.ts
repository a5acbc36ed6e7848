import { parseImage, pinnedImage, registryOf, taggedImage } from './image-reference';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image reference', () => {
  it.each([
    ['busybox', 'busybox:latest'],
    ['library/busybox:1', 'busybox:1'],
    ['docker.io/library/busybox', 'busybox:latest'],
    ['index.docker.io/team/app', 'team/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:2', 'localhost:5000/app:2'],
    ['registry.test/a/b', 'registry.test/a/b:latest'],
    [`busybox@${DIGEST}`, `busybox@${DIGEST}`],
    [`busybox:1@${DIGEST}`, `busybox:1@${DIGEST}`],
    ['Not Valid', 'Not Valid'],
    ['', ''],
    ['a'.repeat(64), 'a'.repeat(64)],
  ])('%s gets a tag', (given, tagged) => expect(taggedImage(given)).toBe(tagged));

  it.each([
    ['busybox', 'https://index.docker.io/v1/'],
    ['registry.test:5000/app:1', 'registry.test:5000'],
    ['???', 'https://index.docker.io/v1/'],
  ])('%s is kept at %s', (image, registry) => expect(registryOf(image)).toBe(registry));

  it.each([
    ['busybox', { domain: 'docker.io', path: 'library/busybox', tag: undefined, digest: undefined }],
    ['team/app:1', { domain: 'docker.io', path: 'team/app', tag: '1', digest: undefined }],
    [`[::1]:5000/app@${DIGEST}`, { domain: '[::1]:5000', path: 'app', tag: undefined, digest: DIGEST }],
    ['../etc/passwd', undefined],
    ['host/a/../b', undefined],
    ['user:pass@host/app', undefined],
  ])('%s is taken apart', (text, parts) => expect(parseImage(text)).toEqual(parts));

  it.each([
    ['busybox:1', `busybox:1@${DIGEST}`],
    ['library/busybox', `busybox:latest@${DIGEST}`],
    ['registry.test/app:1', `registry.test/app:1@${DIGEST}`],
    [`busybox@sha256:${'b'.repeat(64)}`, `busybox@sha256:${'b'.repeat(64)}`],
    ['Not Valid', 'Not Valid'],
  ])('%s is pinned unless it has a digest', (image, pinned) => expect(pinnedImage(image, DIGEST)).toBe(pinned));
});
