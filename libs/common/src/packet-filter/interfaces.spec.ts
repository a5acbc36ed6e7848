import { defaultRoutesIn, readInterfaces, type InterfaceRow } from './interfaces';

let nextIndex = 2;
const row = (ifname: string, info_kind: string | undefined, local?: string, more: Partial<InterfaceRow> = {}): InterfaceRow => ({
  ifindex: nextIndex++,
  ifname,
  ...(info_kind !== undefined && { linkinfo: { info_kind } }),
  addr_info: local === undefined ? [] : [{ local, scope: local.startsWith('fe80') ? 'link' : 'global' }],
  ...more,
});
const LOOPBACK = row('lo', undefined, '127.0.0.1', { link_type: 'loopback' });
const DOCKER0 = [row('docker0', 'bridge', '172.17.0.1'), row('veth1', 'veth', 'fe80::1', { master: 'docker0' })];
const none = { announced: [], defaultRoutes: [] };

describe('interfaces to other hosts', () => {
  it.each<{
    what: string;
    rows: InterfaceRow[];
    signs?: Partial<typeof none> | { announced: string[] } | { defaultRoutes: string[] };
    uplinks: string[];
  }>([
    { what: 'a network card', rows: [row('eth0', undefined, '10.0.0.1')], uplinks: ['eth0'] },
    { what: 'a card without an address of its own', rows: [row('eth0', undefined)], uplinks: ['eth0'] },
    {
      what: 'a bond, a VLAN, a VPN',
      rows: [row('bond0', 'bond', '10.0.0.1'), row('v5', 'vlan'), row('wg0', 'wireguard')],
      uplinks: ['bond0', 'v5', 'wg0'],
    },
    {
      what: 'a bridge with a card in it',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('eth0', undefined, undefined, { master: 'br0' })],
      uplinks: ['br0'],
    },
    {
      what: 'a bridge with a VM in it',
      rows: [row('virbr0', 'bridge', '10.0.0.1'), row('vnet0', 'tun', undefined, { master: 'virbr0' })],
      uplinks: ['virbr0'],
    },
    {
      what: 'no bridge of containers, whatever it is called',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('eth0', 'veth', undefined, { master: 'br0' })],
      uplinks: [],
    },
    {
      what: 'the same bridge where it has the address that the host announces',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('eth0', 'veth', undefined, { master: 'br0' })],
      signs: { announced: ['10.0.0.1'] },
      uplinks: ['br0'],
    },
    {
      what: 'the same bridge where the default route leads by it',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('eth0', 'veth', undefined, { master: 'br0' })],
      signs: { defaultRoutes: ['br0'] },
      uplinks: ['br0'],
    },
    {
      what: 'no device of a kind that nobody knows',
      rows: ['netkit', 'openvswitch', 'nlmon', 'later'].map((kind, index) => row(`x${index}`, kind, '10.9.0.1')),
      uplinks: [],
    },
    {
      what: 'one of an unknown kind by which the default route leads',
      rows: [row('br-ex', 'openvswitch', '10.0.0.1'), row('nk0', 'netkit')],
      signs: { defaultRoutes: ['br-ex'] },
      uplinks: ['br-ex'],
    },
    {
      what: 'one of an unknown kind that has the address that the host announces',
      rows: [row('eth0', 'netkit', '10.0.0.1'), row('nk1', 'netkit', '10.9.0.1')],
      signs: { announced: ['10.0.0.1'] },
      uplinks: ['eth0'],
    },
    {
      what: 'no bridge of containers with ports of an unknown kind',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('nk0', 'netkit', undefined, { master: 'br0' })],
      uplinks: [],
    },
    {
      what: 'no bridge of containers with an address on one of its ports',
      rows: [row('br0', 'bridge', '10.0.0.1'), row('v0', 'veth', '10.9.0.1', { master: 'br0' })],
      uplinks: [],
    },
    {
      what: 'VPNs and tunnels between hosts',
      rows: ['tun', 'ipip', 'sit', 'gre', 'gretap', 'ip6gre', 'vti', 'xfrm', 'ppp', 'team'].map((kind) => row(`${kind}0`, kind)),
      uplinks: ['tun0', 'ipip0', 'sit0', 'gre0', 'gretap0', 'ip6gre0', 'vti0', 'xfrm0', 'ppp0', 'team0'],
    },
    {
      what: 'what stands on a card, in a bridge too, and not what stands on a bridge of containers',
      rows: [
        row('eth0', undefined),
        row('v5', 'vlan', undefined, { link: 'eth0' }),
        row('br0', 'bridge'),
        row('eth1', undefined, undefined, { master: 'br0' }),
        row('v6', 'vlan', undefined, { link: 'eth1' }),
        row('mv', 'macvlan', undefined, { link: 'v5' }),
        row('d5', 'vlan', '10.9.0.1', { link: 'docker0' }),
        row('d6', 'ipvlan', '10.9.0.1', { link: 'd5' }),
      ],
      uplinks: ['eth0', 'v5', 'br0', 'v6', 'mv'],
    },
    {
      what: 'a VRF of cards, and none with a bridge of containers in it',
      rows: [
        row('red', 'vrf'),
        row('eth0', undefined, undefined, { master: 'red' }),
        row('blue', 'vrf'),
        row('br9', 'bridge', undefined, { master: 'blue' }),
      ],
      uplinks: ['red', 'eth0'],
    },
    {
      what: "no container's end of a cable whose address a container has advertised",
      rows: [
        row('v0', 'veth', undefined, { addr_info: [{ family: 'inet6', local: '2001:db8::1', scope: 'global', dynamic: true }] }),
      ],
      uplinks: [],
    },
    {
      what: 'the end of a cable with an address from a DHCP server',
      rows: [
        row('eth0', 'veth', undefined, { addr_info: [{ family: 'inet', local: '10.0.0.1', scope: 'global', dynamic: true }] }),
      ],
      uplinks: ['eth0'],
    },
    { what: 'an empty bridge', rows: [row('br-1', 'bridge', '172.18.0.1')], uplinks: [] },
    {
      what: 'a bridge with a VXLAN in it',
      rows: [row('sc1', 'bridge', '10.0.0.1'), row('vx1', 'vxlan', undefined, { master: 'sc1' })],
      uplinks: [],
    },
    {
      what: 'the end of a cable in a namespace that has an address',
      rows: [row('eth0', 'veth', '10.77.0.11')],
      uplinks: ['eth0'],
    },
    {
      what: "no container's end of a cable, which is routed to without an address",
      rows: [row('cali1', 'veth', 'fe80::2')],
      uplinks: [],
    },
    { what: 'no tunnel of containers of other hosts', rows: [row('flannel.1', 'vxlan', '10.244.0.0')], uplinks: [] },
    {
      what: 'none whose name rules would read otherwise',
      rows: [row('eth0"; drop', undefined), row('e*', undefined), row('', undefined)],
      uplinks: [],
    },
  ])('are $what: $uplinks', ({ rows, signs, uplinks }) => {
    const all = readInterfaces([LOOPBACK, ...DOCKER0, ...rows], { ...none, ...signs });
    expect(all.uplinks.map(({ name }) => name)).toEqual(uplinks);
  });

  it('have the addresses at which others reach the host; the host has those of containers too', () => {
    const { addresses, uplinkAddresses } = readInterfaces([LOOPBACK, ...DOCKER0, row('eth0', undefined, '10.0.0.1')], none);
    expect(addresses).toEqual(['127.0.0.1', '172.17.0.1', 'fe80::1', '10.0.0.1']);
    expect(uplinkAddresses).toEqual(['10.0.0.1']);
  });

  it('have default routes, as the kernel lists them', () => {
    const ipv4 =
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\ndocker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n';
    const zeros = '0'.repeat(32);
    const ipv6 = `${zeros} 00 ${zeros} 00 fe80000000000000000000000000cafe 00000400 00000001 00000000 00000003 br0\n${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200 lo\n`;
    expect(defaultRoutesIn(ipv4, ipv6)).toEqual(['eth0', 'br0']);
    expect(defaultRoutesIn('', '')).toEqual([]);
  });

  it('have no default route because a router, which may be a container, has advertised one', () => {
    const zeros = '0'.repeat(32);
    const advertised = `${zeros} 00 ${zeros} 00 fe80000000000000000000000000cafe 00000400 00000001 00000000 00450003 hand0\n`;
    expect(defaultRoutesIn('', advertised)).toEqual([]);
    const signs = { ...none, defaultRoutes: defaultRoutesIn('', advertised) };
    const rows = [row('hand0', 'bridge', '2001:db8::2'), row('v0', 'veth', undefined, { master: 'hand0' })];
    expect(readInterfaces(rows, signs).uplinks).toEqual([]);
  });
});
