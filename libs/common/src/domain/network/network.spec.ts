import fc from 'fast-check';
import { NetworkSpec } from '../../proto';
import { overlap, readIpNetwork } from '../placement';
import { firstAddress, formatAddress, formatSubnet, lastAddress, readSubnet } from './ip-address';
import type { Ipv4Address } from './kernel-value';
import { ENCRYPTED_UNDERLAY, encryptedAddressOf, isEncrypted, macOfAddress, macOfNode, mtuOf } from './overlay';

describe('addresses of a subnet', () => {
  it.each([
    { subnet: '10.0.17.5/20', text: '10.0.16.0/20', first: '10.0.16.0', last: '10.0.31.255' },
    { subnet: '10.1.2.3/32', text: '10.1.2.3/32', first: '10.1.2.3', last: '10.1.2.3' },
    { subnet: 'fd00::5/64', text: 'fd00::/64', first: 'fd00::', last: 'fd00::ffff:ffff:ffff:ffff' },
  ])('of $subnet run from $first to $last', ({ subnet, text, first, last }) => {
    const network = readSubnet(subnet);
    if (!network) throw new Error(`${subnet} is not read`);
    expect(formatSubnet(network)).toBe(text);
    expect(formatAddress(firstAddress(network), network.width)).toBe(first);
    expect(formatAddress(lastAddress(network), network.width)).toBe(last);
  });

  it.each(['10.0.0.1', 'x/8', '10.0.0.0/33', ''])('are not to be had of %j', (text) => {
    expect(readSubnet(text)).toBeUndefined();
  });

  it.each([
    { a: '10.0.0.0/8', b: '10.9.0.0/24', shared: true },
    { a: '10.9.0.0/24', b: '10.0.0.0/8', shared: true },
    { a: '10.0.0.0/24', b: '10.0.1.0/24', shared: false },
    { a: '10.0.0.0/8', b: 'fd00::/8', shared: false },
  ])('$a and $b share some: $shared', ({ a, b, shared }) => {
    const [one, other] = [readIpNetwork(a), readIpNetwork(b)];
    expect(one && other && overlap(one, other)).toBe(shared);
  });

  it('are read back as they are written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = readIpNetwork(text);
        if (!address) throw new Error(`${text} is not read`);
        expect(readIpNetwork(formatAddress(address.bits, address.width))).toEqual(address);
      }),
    );
  });
});

describe('an overlay network', () => {
  const spec = (options: Record<string, string>): NetworkSpec => NetworkSpec.fromPartial({ options });

  it.each<{ options: Record<string, string>; encrypted: boolean; mtu: number }>([
    { options: {}, encrypted: false, mtu: 1450 },
    { options: { encrypted: '' }, encrypted: true, mtu: 1350 },
    { options: { encrypted: 'False' }, encrypted: false, mtu: 1450 },
    { options: { 'com.docker.network.driver.mtu': '1400' }, encrypted: false, mtu: 1400 },
  ])('with options $options is encrypted: $encrypted, and carries packets of $mtu bytes', ({ options, encrypted, mtu }) => {
    expect(isEncrypted(spec(options))).toBe(encrypted);
    expect(mtuOf({ spec: spec(options) })).toBe(mtu);
  });

  it('gives containers and nodes hardware addresses that cannot be the same', () => {
    expect(macOfAddress('10.0.16.5' as Ipv4Address)).toBe('02:42:0a:00:10:05');
    expect(macOfNode('10.0.16.5' as Ipv4Address)).toBe('02:5c:0a:00:10:05');
  });

  it('gives each node an address of its own inside WireGuard', () => {
    const [one, other] = ['5hyd7qwukt7m47al100z7qzhb', 'akb8olfdzclh4eha7lgui8yqu'].map(encryptedAddressOf);
    expect(one).not.toBe(other);
    for (const address of [one, other]) {
      const read = readIpNetwork(address ?? '');
      expect(read && overlap(ENCRYPTED_UNDERLAY, read)).toBe(true);
    }
  });
});
