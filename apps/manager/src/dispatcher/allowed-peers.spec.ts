import { AllowedPeers, peerAddress } from './allowed-peers';

describe('agents may connect', () => {
  const peers = new AllowedPeers(['10.77.0.0/24', 'fd00::/8']);
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['10.77.0.12', true],
    ['fd00::12', true],
    ['10.77.1.12', false],
    ['192.168.0.1', false],
    ['fe80::1', false],
    ['', false],
    ['not an address', false],
  ])('from %s: %s', (address, allowed) => expect(peers.allows(address)).toBe(allowed));

  it('from loopback only, when no network is named', () => {
    expect(new AllowedPeers([]).allows('10.77.0.12')).toBe(false);
  });

  it.each(['10.77.0.0', '10.77.0.0/33', 'lab', '/24'])('and a network like %s is refused by name', (cidr) => {
    expect(() => new AllowedPeers([cidr])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(cidr) as string }) as Error,
    );
  });
});

describe('the address in a peer name', () => {
  it.each([
    ['10.77.0.12:40312', '10.77.0.12'],
    ['ipv4:10.77.0.12:40312', '10.77.0.12'],
    ['[::1]:40312', '::1'],
    ['ipv6:[fd00::1]:40312', 'fd00::1'],
    ['::ffff:10.77.0.12:40312', '10.77.0.12'],
  ])('%s is %s', (peer, address) => expect(peerAddress(peer)).toBe(address));
});
