import { isImageReference } from './image-reference';

const HEX64 = 'a'.repeat(64);

describe('an image reference', () => {
  it.each([
    'busybox',
    'busybox:1.36',
    'library/busybox:latest',
    'localhost/a',
    'localhost:5000/a/b:c',
    'registry.example.com/team/app_name/x__y/z---w:v1.0-rc.1_2',
    'REGISTRY.example.com/a',
    '127.0.0.1:5000/a',
    '[2001:db8::1]:5000/a',
    `a@sha256:${HEX64}`,
    `registry:5000/a:tag@sha256:${HEX64}`,
    `a@sha512:${'0'.repeat(128)}`,
    'a/b/c/d',
  ])('may be %s', (text) => {
    expect(isImageReference(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['capitals in the path', 'Busybox'],
    ['a space', 'a b'],
    ['an option', '--privileged'],
    ['a shell’s separator', 'img;rm'],
    ['a way up', 'host/../..'],
    ['a short digest', 'x@sha256:short'],
    ['a digest in capitals', `x@sha256:${'A'.repeat(64)}`],
    ['an address with credentials', 'http://u:p@h/x'],
    ['an image id', HEX64],
    ['an empty path component', 'a//b'],
    ['a slash at the end', 'a/'],
    ['a separator at the end', 'a-'],
    ['three underscores', 'a___b'],
    ['an empty tag', 'a:'],
    ['a tag that is too long', `a:${'t'.repeat(129)}`],
    ['a name that is too long', 'a/'.repeat(128) + 'a'],
    ['a line break', 'a\nb'],
    ['a bad port', 'host:port/a'],
    ['two digests', `a@sha256:${HEX64}@sha256:${HEX64}`],
  ])('cannot have %s', (_what, text) => {
    expect(isImageReference(text)).toBe(false);
  });
});
