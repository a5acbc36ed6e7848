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
