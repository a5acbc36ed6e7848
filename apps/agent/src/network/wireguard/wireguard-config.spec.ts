import fc from 'fast-check';
import { encryptedAddressOf } from '#common/domain';
import { aState } from '../testing/a-state';
import { toSealRules, toWireguardConfig, tunnelDevice } from './wireguard-config';

const [OWN, TWO, FOUR, NOW, SOON] = [
  '2/MtV5HLVwxuTA61iza97gtf70irm1kt5iPbeEaLOz4=',
  'oaioy77U61OuYu5PsHh1BAhyMsKapNgXdX0Gto0FAco=',
  '7fnjYw+3MFpWLTW/TLIK+4ecjU3PFuLCH6BRB5mcf2w=',
  'l7/A2ZE9K2gtTKocJUKYuuwaz1G8DQOg4C2gy5cpevo=',
  'iedk/yXICIOtCpK5iGy5BbEPF9FjdYFVIrREyiSEqvI=',
];
const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const node = (id: string, address: string, networking?: object): object => ({ id, hostname: id, address, networking });

describe("the tunnel's configuration", () => {
  const config = (...nodes: object[]): string => toWireguardConfig('PRIVATE', aState({ nodes }), HOST);

  it('names every other node that can encrypt, with the one address that it may use', () => {
    const text = config(
      node('n1', '10.77.0.11', { wireguardKey: OWN, wireguardPort: 51840 }),
      node('n2', '10.77.0.12', { wireguardKey: TWO, wireguardPort: 51841 }),
      node('n3', '10.77.0.13', { encryptionProblem: 'there is no wg' }),
      node('n4', '', { wireguardKey: FOUR, wireguardPort: 51840 }),
    );
    expect(text.split('\n')).toEqual([
      '[Interface]',
      'PrivateKey = PRIVATE',
      'ListenPort = 51840',
      '[Peer]',
      `PublicKey = ${TWO}`,
      'Endpoint = 10.77.0.12:51841',
      `AllowedIPs = ${encryptedAddressOf('n2')}/128`,
      '',
    ]);
  });

  it('accepts the key that a node has announced, which has no address before the node uses it', () => {
    const text = config(node('n2', '10.77.0.12', { wireguardKey: NOW, nextWireguardKey: SOON, wireguardPort: 51840 }));
    expect(text).toContain(`PublicKey = ${SOON}\nEndpoint = 10.77.0.12:51840\n`);
    expect(text.match(/AllowedIPs/g)).toHaveLength(1);
  });

  const V = node('n2', '10.77.0.12', { wireguardKey: TWO, nextWireguardKey: SOON, wireguardPort: 51840 });
  const F = (id: string, keys: object): object => node(id, '10.77.0.13', { wireguardKey: FOUR, wireguardPort: 51840, ...keys });

  it.each([
    { what: 'another node’s key', nextWireguardKey: TWO },
    { what: 'another node’s next key', nextWireguardKey: SOON },
    { what: 'its own key', nextWireguardKey: FOUR },
    { what: 'this node’s key', nextWireguardKey: OWN },
  ])('does not take $what for a next key', ({ nextWireguardKey }) => {
    const own = node('n1', '10.77.0.11', { wireguardKey: OWN, wireguardPort: 51840 });
    const keys = config(own, V, F('n3', { nextWireguardKey })).match(/(?<=PublicKey = ).*/g);
    expect(keys).toEqual([TWO, SOON, FOUR]);
  });

  it('does not take a key for a next one that is that of a node which comes later', () => {
    const text = config(F('n0', { nextWireguardKey: TWO }), V);
    expect(text.match(/(?<=PublicKey = ).*/g)).toEqual([FOUR, TWO, SOON]);
  });

  it('gives an address inside the tunnel to one node only', () => {
    // Ids are numbers of base 36: leading zeros count for nothing.
    const text = config(V, F('0n2', {}), F('0n1', { wireguardKey: NOW }));
    expect(text.match(/AllowedIPs = .*/g)).toEqual([`AllowedIPs = ${encryptedAddressOf('n2')}/128`]);
  });

  it('names every key and every address once, whatever nodes say of themselves', () => {
    const key = fc.constantFrom('', OWN, TWO, FOUR, NOW, SOON);
    const anyNode = fc
      .record({ id: fc.constantFrom('n1', 'n2', '0n2', 'n3', 'n4'), wireguardKey: key, nextWireguardKey: key })
      .map(({ id, ...keys }) => node(id, '10.77.0.13', { ...keys, wireguardPort: 51840 }));
    fc.assert(
      fc.property(fc.array(anyNode), (nodes) => {
        const text = config(...nodes);
        for (const field of ['PublicKey', 'AllowedIPs']) {
          const values = text.match(new RegExp(`(?<=${field} = ).*`, 'g')) ?? [];
          expect(values).toEqual([...new Set(values)]);
        }
      }),
      { numRuns: Number(process.env.SECURITY_RUNS ?? 500) },
    );
  });
});

describe('the rules around the tunnel', () => {
  const device = tunnelDevice('akb8olfdzclh4eha7lgui8yqu');

  it('let packets between tunnels pass by no other device, in or out', () => {
    expect(device).toBe('swg-akb8olfd');
    const rules = toSealRules(device);
    expect(rules).toContain(`ip6 daddr fd53:7761:726d::/48 oifname != "${device}" drop`);
    expect(rules).toContain(`ip6 daddr fd53:7761:726d::/48 iifname != "${device}" drop`);
  });
});
