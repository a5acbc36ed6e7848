import { readHostPort, writeHostPort } from './control-place';

it.each([
  ['10.0.0.1:2378', { host: '10.0.0.1', port: 2378 }],
  ['[FD00:0::1]:2378', { host: 'fd00::1', port: 2378 }],
  ['[::ffff:10.0.0.1]:1', { host: '10.0.0.1', port: 1 }],
  ['0.0.0.0:65535', { host: '0.0.0.0', port: 65_535 }],
  ['Manager.local:2378', { host: 'manager.local', port: 2378 }],
])('%s is a place', (text, place) => {
  expect(readHostPort(text)).toEqual(place);
  expect(readHostPort(writeHostPort(place))).toEqual(place);
});

it.each(['', ':1', '10.0.0.1', '10.0.0.1:0', '10.0.0.1:65536', 'fd00::1:2378', '[x]:1', 'a b:1', 'a\n:1', 'a}:1', 'a:1\n'])(
  '%j is none',
  (text) => {
    expect(readHostPort(text)).toBeUndefined();
  },
);
