import { NodeNetworking_IngressMode } from '#common/proto';
import { TABLE, toRules } from './nft-rules';
import { replacement } from '#common/nft';
import { toOverlayLinks } from './overlay-link';
import { aNetwork, anEndpoint, aState } from './testing/a-state';

const HOST = { nodeId: 'n1', address: '10.77.0.11', uplinks: ['eth0'] };
const BACK = aNetwork('back', '10.1.0.0/24');
const INGRESS = aNetwork('ingress', '10.3.0.0/24', { ingress: true, vxlanId: 0x10002 });
const onBack = { networkId: 'back', virtualAddresses: ['10.1.0.2'] };
const published = (fields: object = {}): object => ({
  port: { protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'ingress' },
  ...fields,
});

function rules(parts: Parameters<typeof aState>[0]): string {
  const state = aState(parts);
  return replacement(TABLE, toRules(state, toOverlayLinks(state, HOST), HOST), undefined);
}

/** What a set or map of the script holds. */
function elementsOf(text: string, name: string): string | undefined {
  const [, body = ''] = new RegExp(`(?:set|map) ${name} \\{([^]*?)\\n  \\}`).exec(text) ?? [];
  return /elements = \{ (.*) \}/.exec(body)?.[1];
}

describe('connections to a virtual address', () => {
  const web = { id: 'web', name: 'web', networks: [onBack] };
  const tasks = [anEndpoint('t1', 'n1', { back: '10.1.0.3' }), anEndpoint('t2', 'n2', { back: '10.1.0.4' })];

  it('go to any of the tasks that serve, from the network itself', () => {
    const text = rules({ networks: [BACK], services: [web], endpoints: tasks });
    expect(text).toContain('dnat ip to numgen random mod 2 map { 0 : 10.1.0.3, 1 : 10.1.0.4 }');
    expect(text).toContain('iifname . ip daddr vmap @virtual_ip\n');
    expect(elementsOf(text, 'virtual_ip')).toBe('"sc10001" . 10.1.0.2 : goto vip_10_1_0_2');
  });

  it('begin somewhere even while the rules are replaced', () => {
    const text = rules({ networks: [BACK], services: [web], endpoints: tasks });
    expect(text).toMatch(/dnat ip to numgen .*\n +dnat ip to 10\.1\.0\.3\n/);
    expect(text.replace(/numgen random mod \d+ map \{[^}]*\}/g, '')).not.toMatch(
      /\b(?:map|vmap|saddr|daddr|dport|proto|name) (?:!= )?\{/,
    );
  });

  it('do not go to one that does not serve', () => {
    const stopping = anEndpoint('t2', 'n2', { back: '10.1.0.4' }, { serving: false });
    expect(rules({ networks: [BACK], services: [web], endpoints: [tasks[0] ?? {}, stopping] })).toContain(
      'dnat ip to numgen random mod 1 map { 0 : 10.1.0.3 }',
    );
  });

  it('stay on the node where the service prefers that, while a task is there', () => {
    const local = { ...web, preferLocal: true };
    expect(rules({ networks: [BACK], services: [local], endpoints: tasks })).toContain('mod 1 map { 0 : 10.1.0.3 }');
    expect(rules({ networks: [BACK], services: [local], endpoints: tasks.slice(1) })).toContain('mod 1 map { 0 : 10.1.0.4 }');
  });

  it('are refused when nobody serves, and do not reach the host', () => {
    const text = rules({ networks: [BACK], services: [web] });
    expect(text).not.toContain('dnat ip to');
    expect(text).toContain('iifname . ip daddr @addresses_ip meta l4proto tcp reject with tcp reset');
    expect(elementsOf(text, 'addresses_ip')).toBe('"sc10001" . 10.1.0.2');
  });

  it('of a task to itself come from the host, or it would answer itself', () => {
    const text = rules({ networks: [BACK], services: [web], endpoints: tasks });
    expect(text).toContain('ct status dnat ip saddr . ip daddr @itself_ip masquerade');
    expect(elementsOf(text, 'itself_ip')).toBe('10.1.0.3 . 10.1.0.3');
  });
});

describe('a network with IPv6', () => {
  const both = { networkId: 'back', virtualAddresses: ['10.1.0.2', 'fd00:1::2'] };
  const web = { id: 'web', name: 'web', networks: [both] };
  const task = {
    ...anEndpoint('t1', 'n1', {}),
    addresses: ['10.1.0.3', 'fd00:1::3'].map((address) => ({ networkId: 'back', address })),
  };
  const network = aNetwork('back', '10.1.0.0/24', { ipv6: 'fd00:1::/64' });

  it('has a virtual address of each kind, which leads to addresses of the same kind', () => {
    const text = rules({ networks: [network], services: [web], endpoints: [task] });
    expect(elementsOf(text, 'virtual_ip')).toBe('"sc10001" . 10.1.0.2 : goto vip_10_1_0_2');
    expect(text).toContain('iifname . ip6 daddr vmap @virtual_ip6\n');
    expect(elementsOf(text, 'virtual_ip6')).toBe('"sc10001" . fd00:1::2 : goto vip_fd00_1__2');
    expect(text).toContain('dnat ip to numgen random mod 1 map { 0 : 10.1.0.3 }');
    expect(text).toContain('dnat ip6 to numgen random mod 1 map { 0 : fd00:1::3 }');
    expect(text).toContain('ip6 saddr . ip6 daddr @itself_ip6 masquerade');
    expect(elementsOf(text, 'itself_ip6')).toBe('fd00:1::3 . fd00:1::3');
  });

  it('refuses what nobody serves, but for the questions of neighbours', () => {
    const text = rules({ networks: [network], services: [web] });
    expect(text).toContain('iifname . ip6 daddr @addresses_ip6 meta l4proto != icmp meta l4proto != icmpv6 reject');
    expect(elementsOf(text, 'addresses_ip6')).toBe('"sc10001" . fd00:1::2');
  });
});

describe('connections to a published port', () => {
  const web = (fields: object = {}): object => ({ id: 'web', name: 'web', networks: [], ports: [published(fields)] });
  const tasks = [anEndpoint('t1', 'n1', { ingress: '10.3.0.3' }), anEndpoint('t2', 'n2', { ingress: '10.3.0.4' })];
  const of = (service: object, endpoints: object[] = tasks): string =>
    rules({ networks: [INGRESS], services: [service], endpoints });

  it('go to any task on any node, from outside and from the host itself', () => {
    const text = of(web());
    expect(text).toContain(
      'meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.3.0.3 . 80, 1 : 10.3.0.4 . 80 }',
    );
    expect(text.match(/fib daddr type local meta l4proto \. th dport vmap @published\n/g)).toHaveLength(2);
    expect(elementsOf(text, 'published')).toBe('tcp . 8080 : goto port_tcp_8080');
    expect(text).toContain('meta l4proto tcp dnat ip to 10.3.0.3:80\n');
  });

  it('are answered by way of the node that was called', () => {
    const text = of(web());
    expect(text).toContain('ct mark set ether saddr map @return_marks');
    expect(elementsOf(text, 'return_marks')).toBe('02:5c:0a:4d:00:0c : 0x5c00000c');
    expect(text).toContain('ct mark & 0xff000000 == 0x5c000000 meta mark set ct mark');
    expect(text).toContain('meta mark & 0xff000000 == 0x5c000000 meta mark set 0');
  });

  it('keep the address of the caller, but of those whom the other node could not answer', () => {
    const text = of(web());
    expect(text.match(/snat ip to 10\.77\.0\.11/g)).toHaveLength(3);
    expect(text).toContain('ct status dnat iif != 0 iifname != @uplinks snat ip to 10.77.0.11');
    expect(elementsOf(text, 'uplinks')).toBe('"eth0"');
    expect(text).toContain('ip saddr 127.0.0.0/8 snat ip to 10.77.0.11');
    expect(text).toContain('ip saddr . ip daddr @own_tasks snat ip to 10.77.0.11');
    expect(elementsOf(text, 'own_tasks')).toBe('10.77.0.12 . 10.3.0.4');
  });

  it('come with an address of this node where the task is on a node that could not answer otherwise', () => {
    const nodes = [
      { id: 'n1', address: '10.77.0.11' },
      { id: 'n2', address: '10.77.0.12', networking: { ingressMode: NodeNetworking_IngressMode.masquerade } },
    ];
    const text = rules({ networks: [INGRESS], services: [web()], endpoints: tasks, nodes });
    expect(text).toContain('oifname "sc10002" ct status dnat ip daddr @unanswerable snat ip to 198.18.0.11');
    expect(elementsOf(text, 'unanswerable')).toBe('10.3.0.4');
  });

  it('are taken only at the addresses and interfaces that it is bound to', () => {
    expect(of(web({ boundTo: ['10.77.0.11', 'eth1'] }))).toContain('ip daddr != 10.77.0.11 iifname != "eth1" return');
  });

  it('are refused when nobody serves', () => {
    const text = of(web(), []);
    expect(text).toContain('iifname != "lo" meta l4proto . th dport @unserved_ports meta l4proto tcp reject with tcp reset');
    expect(elementsOf(text, 'unserved_ports')).toBe('tcp . 8080');
  });
});

describe('a network of containers', () => {
  const web = { id: 'web', name: 'web', networks: [onBack] };
  const text = rules({ networks: [BACK, INGRESS], services: [web] });

  it('takes connections from itself and to published ports, and no others', () => {
    expect(text).toMatch(/ct state established,related accept\n +oifname @bridges goto into_overlays\n/);
    expect(text).toMatch(
      /into_overlays \{\n +iifname \. oifname @within accept\n +ct status dnat accept\n +meta l4proto tcp reject/,
    );
    expect(elementsOf(text, 'bridges')).toBe('"sc10001", "sc10002"');
    expect(elementsOf(text, 'within')).toBe('"sc10001" . "sc10001", "sc10002" . "sc10002"');
  });

  it('has its gateway and its virtual addresses for itself', () => {
    expect(elementsOf(text, 'inner_ip')).toBe('10.1.0.1, 10.1.0.2, 10.3.0.1');
    expect(text).toContain('iif != "lo" ip daddr @inner_ip fib daddr . iif type != local meta l4proto tcp reject with tcp reset');
  });

  it('finds its name server at the gateway', () => {
    expect(text).toContain('iifname "sc10001" ip daddr 10.1.0.1 udp dport 53 redirect to :4753');
  });
});

describe('packets of VXLANs', () => {
  const text = rules({ networks: [BACK] });
  const byIpv6 = 'udp dport 4789 ip6 daddr != fd53:7761:726d::/48 drop';

  it('are taken from nodes only', () => {
    expect(text).toMatch(/udp dport 4789 ip saddr @nodes accept\n +meta nfproto ipv4 udp dport 4789 drop/);
    expect(elementsOf(text, 'nodes')).toBe('10.77.0.11, 10.77.0.12');
  });

  it.each([
    { what: 'nodes', of: text },
    { what: 'no nodes', of: rules({ networks: [BACK], nodes: [] }) },
  ])('come over IPv6 to addresses inside WireGuard only, where $what are known', ({ of }) => {
    const [, first = ''] = /hook input priority -10;\n +(.*)\n/.exec(of) ?? [];
    expect(first).toBe(byIpv6);
  });

  it.each(['bridge', 'veth'])('do not come from containers behind a %s, whatever address they give', (kind) => {
    const rule = `udp dport 4789 meta iifkind "${kind}" iifname != @uplinks drop`;
    expect(text).toContain(rule);
    expect(text.indexOf(rule)).toBeLessThan(text.indexOf('@nodes accept'));
  });
});

it.each(['saddr', 'daddr'])('a loopback address as %s does not come in by the bridge of an overlay', (end) => {
  const text = rules({ networks: [BACK] });
  const [, raw = ''] = /hook prerouting priority -310;\n([^}]*)\}/.exec(text) ?? [];
  expect(raw).toContain(`iifname "sc*" ip ${end} 127.0.0.0/8 drop\n`);
});
