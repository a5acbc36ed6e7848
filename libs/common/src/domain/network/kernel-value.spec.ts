import fc from 'fast-check';
import { anyText } from '../../testing';
import {
  isPort,
  parseInterfaceName,
  parseIpAddress,
  parseIpv4Address,
  parseMac,
  parseSubnet,
  parseWireguardKey,
} from './kernel-value';

const KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

describe('values for the tools of the host network', () => {
  it.each([
    { of: parseIpAddress, read: '10.0.0.1', value: '10.0.0.1' },
    { of: parseIpAddress, read: '010.000.0.01', value: '10.0.0.1' },
    { of: parseIpAddress, read: 'FD00:0::1', value: 'fd00::1' },
    { of: parseIpAddress, read: '::ffff:10.0.0.1', value: '10.0.0.1' },
    { of: parseIpv4Address, read: '10.0.0.1', value: '10.0.0.1' },
    { of: parseSubnet, read: '10.0.0.7/24', value: '10.0.0.0/24' },
    { of: parseMac, read: '02:42:0a:00:00:01', value: '02:42:0a:00:00:01' },
    { of: parseInterfaceName, read: 'eth0.100', value: 'eth0.100' },
    { of: parseWireguardKey, read: KEY, value: KEY },
  ])('$read is read as $value', ({ of, read, value }) => expect(of(read)).toBe(value));

  it.each([
    { of: parseIpAddress, read: '10.0.0.1\nlink del eth0' },
    { of: parseIpAddress, read: '10.0.0.1/8' },
    { of: parseIpAddress, read: '10.0.0.256' },
    { of: parseIpAddress, read: 'fe80::1%eth0' },
    { of: parseIpAddress, read: '0.0.0.0' },
    { of: parseIpAddress, read: '255.255.255.255' },
    { of: parseIpAddress, read: '224.0.0.1' },
    { of: parseIpAddress, read: '::' },
    { of: parseIpAddress, read: 'ff02::1' },
    { of: parseIpAddress, read: '' },
    { of: parseIpv4Address, read: 'fd00::1' },
    { of: parseSubnet, read: '10.0.0.0' },
    { of: parseSubnet, read: '10.0.0.0/33' },
    { of: parseSubnet, read: '10.0.0.0/24 dev eth0' },
    { of: parseMac, read: '02:42:0a:00:00' },
    { of: parseMac, read: '02:42:0a:00:00:01\n' },
    { of: parseInterfaceName, read: '-batch' },
    { of: parseInterfaceName, read: 'eth0"' },
    { of: parseInterfaceName, read: '../../kernel' },
    { of: parseInterfaceName, read: 'a..b' },
    { of: parseInterfaceName, read: '10.0.0.256' },
    { of: parseInterfaceName, read: 'sixteencharacter' },
    { of: parseWireguardKey, read: `${KEY}\n[Peer]` },
    { of: parseWireguardKey, read: KEY.replace('g=', 'h=') },
    { of: parseWireguardKey, read: `${'A'.repeat(43)}=` },
  ])('"$read" is refused', ({ of, read }) => expect(of(read)).toBeUndefined());

  it('hold nothing but their own characters, whatever they are read from', () => {
    const readers = [parseIpAddress, parseSubnet, parseMac, parseInterfaceName, parseWireguardKey];
    fc.assert(
      fc.property(anyText, fc.constantFrom('', '10.0.0.1', 'fd00::1/64', 'eth0', KEY), (text, start) => {
        for (const read of readers) expect(read(start + text) ?? '').toMatch(/^[A-Za-z0-9:./=+_-]*$/);
      }),
    );
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('%d is no port', (port) => expect(isPort(port)).toBe(false));
});
