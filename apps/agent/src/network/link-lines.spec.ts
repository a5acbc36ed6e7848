import fc from 'fast-check';
import { encryptedAddressOf } from '#common/domain';
import { NodeNetworking_IngressMode } from '#common/proto';
import { deviceCommands, lineChanges, linkLines, type KernelLines } from './link-lines';
import { nodeNumbers, toOverlayLinks, type OverlayLink } from './overlay-link';
import { aNetwork, anEndpoint, aState } from './testing/a-state';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };

function aLink(parts: Parameters<typeof aState>[0] = {}, network = aNetwork('back', '10.1.0.0/24')): OverlayLink {
  const [link] = toOverlayLinks(aState({ networks: [network], ...parts }), HOST);
  if (!link) throw new Error('there is no link');
  return link;
}
const set = (lines: KernelLines): string[] => [...lines.values()].map((line) => line.set);

describe('what the kernel has to know of a network', () => {
  it('is where the tasks of other nodes are, and the other nodes themselves', () => {
    const endpoints = [anEndpoint('t1', 'n1', { back: '10.1.0.3' }), anEndpoint('t2', 'n2', { back: '10.1.0.4' })];
    expect(set(linkLines(aLink({ endpoints })))).toEqual([
      'fdb replace 02:42:0a:01:00:04 dev vx10001 dst 10.77.0.12 self permanent',
      'fdb replace 02:42:0a:01:00:04 dev vx10001 master static',
      'fdb replace 02:5c:0a:4d:00:0c dev vx10001 dst 10.77.0.12 self permanent',
      'fdb replace 02:5c:0a:4d:00:0c dev vx10001 master static',
      'neigh replace 10.1.0.4 lladdr 02:42:0a:01:00:04 dev vx10001 nud permanent',
    ]);
  });

  it('is which addresses stand for services', () => {
    const services = [{ id: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }] }];
    expect(set(linkLines(aLink({ services })))).toContain('address replace 10.1.0.2/32 dev sc10001');
  });

  it('is the same for IPv6, where tasks have the hardware address of their IPv4 address', () => {
    const addresses = ['10.1.0.4', 'fd00:1::4'].map((address) => ({ networkId: 'back', address }));
    const endpoints = [anEndpoint('t2', 'n2', {}, { addresses })];
    const services = [{ id: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2', 'fd00:1::2'] }] }];
    const lines = set(linkLines(aLink({ endpoints, services }, aNetwork('back', '10.1.0.0/24', { ipv6: 'fd00:1::/64' }))));
    expect(lines).toContain('address replace fd00:1::2/128 dev sc10001 nodad');
    expect(lines).toContain('neigh replace fd00:1::4 lladdr 02:42:0a:01:00:04 dev vx10001 nud permanent');
  });

  it('is, on the ingress network, the way back to each node', () => {
    const lines = set(linkLines(aLink({}, aNetwork('ingress', '10.3.0.0/24', { ingress: true }))));
    const mark = 0x5c00_000c;
    expect(lines).toContain('neigh replace 10.77.0.12 lladdr 02:5c:0a:4d:00:0c dev sc10001 nud permanent');
    expect(lines).toContain(`route replace default via 10.77.0.12 dev sc10001 onlink table ${mark}`);
    expect(lines).toContain(`rule add fwmark ${mark} lookup ${mark} priority 23552`);
  });
});

describe('nodes are told apart', () => {
  it('by a number each, also when their addresses end the same', () => {
    const nodes = ['10.1.0.5', '10.2.0.5', '10.3.0.6'].map((address, index) => ({ id: `n${index}`, address }));
    expect([...nodeNumbers(nodes).values()]).toEqual([5, 6, 7]);
  });
});

describe('where a node cannot send answers back by the node that was called', () => {
  const nodes = (masqueraded: string): object[] =>
    ['n1', 'n2'].map((id, index) => ({
      id,
      address: `10.77.0.${11 + index}`,
      networking: { ingressMode: NodeNetworking_IngressMode[id === masqueraded ? 'masquerade' : 'transparent'] },
    }));
  const ingress = aNetwork('ingress', '10.3.0.0/24', { ingress: true });

  it('others have an address for callers', () => {
    const lines = set(linkLines(aLink({ nodes: nodes('n2') }, ingress)));
    expect(lines).toContain('address replace 198.18.0.11/32 dev sc10001');
  });

  it('it finds those addresses at the other nodes, and needs no marks', () => {
    const lines = set(linkLines(aLink({ nodes: nodes('n1') }, ingress)));
    expect(lines).toContain('neigh replace 198.18.0.12 lladdr 02:5c:0a:4d:00:0c dev sc10001 nud permanent');
    expect(lines).toContain('route replace 198.18.0.12/32 dev sc10001');
    expect(lines.filter((line) => line.includes('fwmark'))).toEqual([]);
  });
});

describe('devices', () => {
  it('are made when they are not there, and left alone when they are as they are to be', () => {
    const link = aLink();
    const create = 'link add vx10001 type vxlan id 65537 dstport 4789 local 10.77.0.11 proxy nolearning';
    expect(deviceCommands(link, { bridgeMac: '', hasVxlan: false })).toContain(create);
    const again = deviceCommands(link, { bridgeMac: link.mac, hasVxlan: true });
    expect(again.filter((command) => /add|address/.test(command))).toEqual([]);
  });
});

describe('an encrypted network', () => {
  const encrypted = aNetwork('back', '10.1.0.0/24', { options: { encrypted: '' } });

  it("leads from this node's address inside WireGuard to those of others, and knows none of the addresses outside", () => {
    const link = aLink({ endpoints: [anEndpoint('t2', 'n2', { back: '10.1.0.4' })] }, encrypted);
    const [own, other] = ['n1', 'n2'].map(encryptedAddressOf);
    const create = `link add vx10001 type vxlan id 65537 dstport 4789 local ${own} proxy nolearning`;
    expect(deviceCommands(link, { bridgeMac: '', hasVxlan: false })).toContain(create);
    const tunnels = set(linkLines(link)).filter((command) => command.includes(' dst '));
    expect(tunnels).toEqual([
      `fdb replace 02:42:0a:01:00:04 dev vx10001 dst ${other} self permanent`,
      `fdb replace 02:5c:0a:4d:00:0c dev vx10001 dst ${other} self permanent`,
    ]);
  });
});

describe('whatever was applied before', () => {
  it('the changes lead to what is wanted, and then there are none', () => {
    const anAddress = fc.integer({ min: 2, max: 30 }).map((last) => `10.1.0.${last}`);
    const someLines = fc.array(anAddress, { maxLength: 8 }).map((addresses) => {
      const endpoints = [...new Set(addresses)].map((address) => anEndpoint(address, 'n2', { back: address }));
      return linkLines(aLink({ endpoints }));
    });
    fc.assert(
      fc.property(someLines, someLines, (before, wanted) => {
        const kernel = new Map([...before.values()].map((line) => [line.unset, line.set]));
        for (const command of Object.values(lineChanges(before, wanted)).flat()) {
          const made = [...wanted.values()].find((line) => line.set === command);
          if (made) kernel.set(made.unset, made.set);
          else kernel.delete(command);
        }
        expect(new Set(kernel.values())).toEqual(new Set(set(wanted)));
        expect(lineChanges(wanted, wanted)).toEqual({ ip: [], bridge: [] });
      }),
    );
  });
});
