import { proxyHeader } from './proxy-header';

const IPV4 = { from: '192.0.2.7', fromPort: 40_000, to: '10.77.0.11', toPort: 8080 };
const IPV6 = { from: '2001:db8::7', fromPort: 40_000, to: 'fd00::1', toPort: 8080 };
const SIGNATURE = '0d0a0d0a000d0a515549540a';

describe('the header of a connection', () => {
  it.each([
    { kind: 'IPv4', connected: IPV4, line: 'PROXY TCP4 192.0.2.7 10.77.0.11 40000 8080\r\n' },
    { kind: 'IPv6', connected: IPV6, line: 'PROXY TCP6 2001:db8::7 fd00::1 40000 8080\r\n' },
  ])('is a line in version 1, over $kind', ({ connected, line }) => {
    expect(proxyHeader(1, connected).toString()).toBe(line);
  });

  it.each([
    { kind: 'IPv4', connected: IPV4, hex: `${SIGNATURE}2111000cc00002070a4d000b9c401f90` },
    {
      kind: 'IPv6',
      connected: IPV6,
      hex: `${SIGNATURE}2121002420010db8000000000000000000000007fd0000000000000000000000000000019c401f90`,
    },
  ])('is binary in version 2, over $kind', ({ connected, hex }) => {
    expect(proxyHeader(2, connected).toString('hex')).toBe(hex);
  });

  it('is not made of what cannot be', () => {
    expect(() => proxyHeader(1, { ...IPV4, to: 'fd00::1' })).toThrow("no connection goes from '192.0.2.7' to 'fd00::1'");
  });
});
