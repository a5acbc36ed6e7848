import type { InterfaceName, Mac } from '#common/domain';
import { toOverlayLinks, type OverlayLink } from '../overlay-link';
import { aNetwork, anEndpoint, aState } from '../testing/a-state';
import { devicesIn, noShortcuts, toShortcuts, withoutDevices } from './shortcut-rules';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const REMOTE = '02:42:0a:01:00:04';
const LOCAL = { mac: '02:42:0a:01:00:03' as Mac, device: 'veth1' as InterfaceName };

function aLink(): OverlayLink {
  const endpoints = [anEndpoint('t2', 'n2', { back: '10.1.0.4' })];
  const [link] = toOverlayLinks(aState({ networks: [aNetwork('back', '10.1.0.0/24')], endpoints }), HOST);
  return link as OverlayLink;
}

describe('the ways past the bridge', () => {
  const script = toShortcuts(aLink(), [LOCAL]);

  const rulesOf = (chain: string): string[] => {
    const start = `add rule netdev swarmctl-vx10001 ${chain} `;
    return script.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
  };

  it("lead from a container's port to the VXLAN, for containers of other hosts that are not called by a virtual address", () => {
    expect(script).toContain('sent-veth1 { type filter hook ingress device "veth1" priority 0; }');
    expect(rulesOf('sent-veth1')).toEqual(['jump sent']);
    expect(rulesOf('sent')).toEqual([
      'ip daddr . ip saddr @translated accept',
      'ip6 daddr . ip6 saddr @translated6 accept',
      `tcp flags & syn == 0 ether daddr { ${REMOTE} } fwd to "vx10001"`,
    ]);
  });

  it('lead from the VXLAN to the port, but for answers to what this host has translated', () => {
    expect(script).toContain('add element netdev swarmctl-vx10001 local { 02:42:0a:01:00:03 : "veth1" }');
    expect(rulesOf('arriving')).toEqual([
      'ip saddr . ip daddr @translated accept',
      'ip6 saddr . ip6 daddr @translated6 accept',
      'tcp flags & syn == 0 fwd to ether daddr map @local',
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
    expect(toShortcuts(aLink(), [])).not.toContain('add element');
    expect(withoutDevices(aLink(), [LOCAL.device])).toContain(
      'add chain netdev swarmctl-vx10001 sent-veth1\ndelete chain netdev swarmctl-vx10001 sent-veth1\n',
    );
  });

  it('are found again by what the kernel prints of them', () => {
    const printed = 'table netdev x {\n\tchain sent {\n\t}\n\n\tchain sent-veth1 {\n\t}\n\n\tchain sent-veth2 {\n\t}\n}';
    expect(devicesIn(printed)).toEqual(['veth1', 'veth2']);
  });

  it('go with the network', () => {
    expect(noShortcuts(aLink())).toContain('delete table netdev swarmctl-vx10001\n');
  });
});
