import { parseListenAddress } from './listen-address';

describe('an address to listen on', () => {
  it.each([
    ['unix:///run/x.sock', { kind: 'unix', path: '/run/x.sock' }],
    ['tcp://127.0.0.1:2376', { kind: 'tcp', host: '127.0.0.1', port: 2376 }],
    ['tcp://[::1]:2376', { kind: 'tcp', host: '::1', port: 2376 }],
  ])('may be %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each(['', 'unix://relative', 'unix://', 'tcp://host', 'tcp://host:99999', 'tcp://::1:80', 'http://host:1'])(
    'cannot be "%s"',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );
});
