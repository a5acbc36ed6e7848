import fc from 'fast-check';
import { replacement } from '../nft';
import { baseRules, baseTable, type BaseFacts, type ResolvedPlace } from './base-rules';

const place = (port: number, addresses: string[], more: Partial<ResolvedPlace> = {}): ResolvedPlace => ({
  ...{ addresses, port, isOpenToUsers: false, isGuarded: false },
  ...more,
});
const FACTS: BaseFacts = {
  interfaces: {
    uplinks: [{ name: 'eth0', index: 2 }],
    addresses: ['127.0.0.1', '10.0.0.1', '172.17.0.1'],
    uplinkAddresses: ['10.0.0.1'],
  },
  places: [],
  hosts: [],
  hostPorts: [],
  ownUsers: [0],
  otherUsers: [],
};
const lookups = (facts: Partial<BaseFacts>): Record<string, readonly string[]> =>
  Object.fromEntries(baseRules({ ...FACTS, ...facts }).lookups.map(({ name, elements }) => [name, elements]));

describe('base rules', () => {
  it.each([
    { what: 'loopback', addresses: ['127.0.0.1'] },
    { what: 'loopback of IPv6', addresses: ['::1'] },
    { what: 'all addresses', addresses: ['::'] },
    { what: 'its address', addresses: ['10.0.0.1'] },
    { what: 'one of several of a name', addresses: ['10.0.0.9', '10.0.0.1'] },
  ])('close what listens on $what of this host at all of its addresses', ({ addresses }) => {
    expect(lookups({ places: [place(2379, addresses)] })).toMatchObject({
      local_ports: ['2379'],
      private_local: ['2379'],
      guarded_ports: [],
    });
    expect(lookups({ places: [place(2379, addresses, { isGuarded: true })] })).toMatchObject({
      guarded_ports: ['2379'],
      local_ports: [],
    });
  });

  it('leave a port of this host alone that only other hosts have', () => {
    const places = [place(2379, ['10.0.0.9', 'fd00::9'])];
    expect(lookups({ places })).toMatchObject({
      ...{ local_ports: [], private_local: [], closed_ports: ['2379'] },
      ...{ places_ip: ['10.0.0.9 . 2379'], places_ip6: ['fd00::9 . 2379'], private_ip: ['10.0.0.9 . 2379'] },
    });
  });

  it('leave APIs and metrics open to users of the host, and closed to what is forwarded', () => {
    const places = [place(2375, ['10.0.0.9'], { isOpenToUsers: true })];
    expect(lookups({ places })).toMatchObject({ places_ip: ['10.0.0.9 . 2375'], private_ip: [], private_ports: [] });
  });

  it('let in each network once, also where one holds another', () => {
    expect(
      lookups({ hosts: ['10.0.0.1', '10.0.0.0/8', '10.77.0.0/24', '192.168.0.1', 'fd00::1', 'x', '10.0.0.0/40'] }),
    ).toMatchObject({
      hosts_ip: ['10.0.0.0/8', '192.168.0.1'],
      hosts_ip6: ['fd00::1'],
    });
  });

  it('let through the users of both programs', () => {
    expect(lookups({ ownUsers: [0, 103], otherUsers: [999, 0] })).toMatchObject({
      own_users: ['0', '103'],
      users: ['0', '103', '999'],
    });
  });

  it('look at the packets of a connection that is open already', () => {
    const text = baseRules(FACTS)
      .chains.flatMap(({ rules }) => rules)
      .join('\n');
    expect(text).not.toMatch(/established/);
  });

  it('keep loopback addresses on loopback whatever a container is connected by, and VXLANs from containers', () => {
    const { chains } = baseRules(FACTS);
    const of = (name: string): readonly string[] => chains.find((chain) => chain.name === name)?.rules ?? [];
    expect(of('loopback_only')).toEqual(['saddr', 'daddr'].map((end) => `iif != "lo" ip ${end} 127.0.0.0/8 drop`));
    for (const kind of ['bridge', 'veth'])
      expect(of('input')).toContain(`udp dport 4789 meta iifkind "${kind}" iifname != @uplinks drop`);
  });

  it('are made of nothing but addresses, numbers and names of interfaces, whatever they follow from', () => {
    const address = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom('::ffff:10.0.0.1', '10.0.0.1\n}', '0.0.0.0'));
    const facts = fc.record({
      hosts: fc.array(address),
      places: fc.array(fc.array(address).map((addresses) => place(1, addresses))),
    });
    fc.assert(
      fc.property(facts, (parts) => {
        const rules = baseRules({ ...FACTS, ...parts });
        const others = rules.lookups.flatMap(({ type, elements }) => elements.filter((element) => !FORMS[type]?.test(element)));
        return others.length === 0 && /^[\w\s{}.,:;"@!=/-]*$/.test(replacement(baseTable('agent'), rules, undefined));
      }),
      { numRuns: Number(process.env.SECURITY_RUNS ?? 500) },
    );
  });
});

const IPV4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const IPV6 = '[0-9a-f:]{2,39}';
const FORMS: Readonly<Record<string, RegExp>> = {
  ifname: /^"[\w.@-]{1,15}"$/,
  iface_index: /^\d+$/,
  uid: /^\d+$/,
  inet_service: /^\d{1,5}$/,
  ipv4_addr: new RegExp(`^${IPV4}(?:/\\d{1,2})?$`),
  ipv6_addr: new RegExp(`^${IPV6}(?:/\\d{1,3})?$`),
  'ipv4_addr . inet_service': new RegExp(`^${IPV4} \\. \\d{1,5}$`),
  'ipv6_addr . inet_service': new RegExp(`^${IPV6} \\. \\d{1,5}$`),
};
