import { networkInterfaces } from 'node:os';
import { isOnOwnHost } from './own-host';

const SOME_ADDRESS = Object.values(networkInterfaces()).flat()[0]?.address ?? '127.0.0.1';

describe('a manager is on the own host', () => {
  it.each([
    ['localhost:2378', true],
    ['127.0.0.1:2378', true],
    ['127.3.2.1:2378', true],
    ['[::1]:2378', true],
    ['10.0.0.1:2378', true],
    [`${SOME_ADDRESS.includes(':') ? `[${SOME_ADDRESS}]` : SOME_ADDRESS}:2378`, true],
    ['192.0.2.7:2378', false],
    ['[2001:db8::7]:2378', false],
    ['127.0.0.1.example.org:2378', false],
    ['manager.example:2378', false],
  ])('%s: %s', (address, expected) => expect(isOnOwnHost(address, '10.0.0.1')).toBe(expected));
});
