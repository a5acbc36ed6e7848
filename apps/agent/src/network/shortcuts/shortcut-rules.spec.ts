import { toOverlayLinks, type OverlayLink } from '../overlay-link';
import { aNetwork, anEndpoint, aState } from '../testing/a-state';
import { noShortcuts, toShortcuts } from './shortcut-rules';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const REMOTE = '02:42:0a:01:00:04';
const LOCAL = { mac: '02:42:0a:01:00:03', device: 'veth1' };

function aLink(): OverlayLink {
  const endpoints = [anEndpoint('t2', 'n2', { back: '10.1.0.4' })];
  const [link] = toOverlayLinks(aState({ networks: [aNetwork('back', '10.1.0.0/24')], endpoints }), HOST);
  return link as OverlayLink;
}

describe('the ways past the bridge', () => {
  const script = toShortcuts(aLink(), [LOCAL]);

  it("lead from a container's port to the VXLAN, for containers of other hosts only", () => {
    expect(script).toContain('type filter hook ingress devices = { "veth1" } priority 0;');
    expect(script).toContain(`ether daddr { ${REMOTE} } fwd to "vx10001"`);
  });

  it('lead from the VXLAN to the port, but for answers to what this host has translated', () => {
    expect(script).toContain('add element netdev swarmctl-vx10001 local { 02:42:0a:01:00:03 : "veth1" }');
    const arriving = script.split('\n').filter((line) => line.startsWith('add rule netdev swarmctl-vx10001 arriving'));
    expect(arriving.map((line) => line.replace('add rule netdev swarmctl-vx10001 arriving ', ''))).toEqual([
      'ip saddr . ip daddr @translated accept',
      'ip6 saddr . ip6 daddr @translated6 accept',
      'meta protocol { ip, ip6 } fwd to ether daddr map @local',
    ]);
  });

  it('are told of translated packets by their mark, which does not leave the host', () => {
    expect(script).toContain('leaving meta mark 0x5d000000 update @translated { ip daddr . ip saddr }');
    expect(script).toContain('leaving meta mark 0x5d000000 meta mark set 0');
  });

  it('keep what is remembered when they change', () => {
    expect(script).not.toContain('delete table netdev swarmctl-vx10001\n');
    expect(script).not.toMatch(/flush set/);
  });

  it('are none where no port is known', () => {
    const none = toShortcuts(aLink(), []);
    expect(none).not.toContain('add element');
    expect(none).not.toContain('chain sent');
  });

  it('go with the network', () => {
    expect(noShortcuts(aLink())).toContain('delete table netdev swarmctl-vx10001\n');
    expect(noShortcuts(aLink())).toContain('delete table netdev swarmctl-vx10001-ports\n');
  });
});
