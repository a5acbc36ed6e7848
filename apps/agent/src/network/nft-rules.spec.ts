import { NodeNetworking_IngressMode } from '#common/proto';
import { toRules } from './nft-rules';
import { toOverlayLinks } from './overlay-link';
import { aNetwork, anEndpoint, aState } from './testing/a-state';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const BACK = aNetwork('back', '10.1.0.0/24');
const INGRESS = aNetwork('ingress', '10.3.0.0/24', { ingress: true, vxlanId: 0x10002 });
const onBack = { networkId: 'back', virtualAddresses: ['10.1.0.2'] };
const published = (fields: object = {}): object => ({
  port: { protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'ingress' },
  ...fields,
});

function rules(parts: Parameters<typeof aState>[0]): string {
  const state = aState(parts);
  return toRules(state, toOverlayLinks(state, HOST), HOST);
}

describe('connections to a virtual address', () => {
  const web = { id: 'web', name: 'web', networks: [onBack] };
  const tasks = [anEndpoint('t1', 'n1', { back: '10.1.0.3' }), anEndpoint('t2', 'n2', { back: '10.1.0.4' })];

  it('go to any of the tasks that serve, from the network itself', () => {
    const text = rules({ networks: [BACK], services: [web], endpoints: tasks });
    expect(text).toContain('dnat ip to numgen random mod 2 map { 0 : 10.1.0.3, 1 : 10.1.0.4 }');
    expect(text).toContain('iifname . ip daddr vmap { "sc10001" . 10.1.0.2 : goto vip_10_1_0_2 }');
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
    expect(text).toContain('iifname . ip daddr { "sc10001" . 10.1.0.2 } meta l4proto tcp reject with tcp reset');
  });

  it('of a task to itself come from the host, or it would answer itself', () => {
    expect(rules({ networks: [BACK], services: [web], endpoints: tasks })).toContain(
      'ct status dnat ip saddr . ip daddr { 10.1.0.3 . 10.1.0.3 } masquerade',
    );
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
    expect(text).toContain('iifname . ip daddr vmap { "sc10001" . 10.1.0.2 : goto vip_10_1_0_2 }');
    expect(text).toContain('iifname . ip6 daddr vmap { "sc10001" . fd00:1::2 : goto vip_fd00_1__2 }');
    expect(text).toContain('dnat ip to numgen random mod 1 map { 0 : 10.1.0.3 }');
    expect(text).toContain('dnat ip6 to numgen random mod 1 map { 0 : fd00:1::3 }');
    expect(text).toContain('ip6 saddr . ip6 daddr { fd00:1::3 . fd00:1::3 } masquerade');
  });

  it('refuses what nobody serves, but for the questions of neighbours', () => {
    const text = rules({ networks: [network], services: [web] });
    expect(text).toContain('iifname . ip6 daddr { "sc10001" . fd00:1::2 } meta l4proto != { icmp, icmpv6 } reject');
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
    expect(text.match(/fib daddr type local meta l4proto \. th dport vmap { tcp \. 8080 : goto port_tcp_8080 }/g)).toHaveLength(
      2,
    );
  });

  it('are answered by way of the node that was called', () => {
    const text = of(web());
    expect(text).toContain('ct mark set ether saddr map { 02:5c:0a:4d:00:0c : 0x5c00000c }');
    expect(text).toContain('ct mark & 0xff000000 == 0x5c000000 meta mark set ct mark');
    expect(text).toContain('meta mark & 0xff000000 == 0x5c000000 meta mark set 0');
  });

  it('keep the address of the caller, but of those whom the other node could not answer', () => {
    const text = of(web());
    expect(text.match(/snat ip to 10\.77\.0\.11/g)).toHaveLength(6);
    expect(text).toContain('ip saddr 127.0.0.0/8 snat ip to 10.77.0.11');
    expect(text).toContain('ip saddr . ip daddr { 10.77.0.12 . 10.3.0.4 } snat ip to 10.77.0.11');
  });

  it('come with an address of this node where the task is on a node that could not answer otherwise', () => {
    const nodes = [
      { id: 'n1', address: '10.77.0.11' },
      { id: 'n2', address: '10.77.0.12', networking: { ingressMode: NodeNetworking_IngressMode.masquerade } },
    ];
    const text = rules({ networks: [INGRESS], services: [web()], endpoints: tasks, nodes });
    expect(text).toContain('oifname "sc10002" ct status dnat ip daddr { 10.3.0.4 } snat ip to 198.18.0.11');
  });

  it('are taken only at the addresses and interfaces that it is bound to', () => {
    expect(of(web({ boundTo: ['10.77.0.11', 'eth1'] }))).toContain('ip daddr != { 10.77.0.11 } iifname != { "eth1" } return');
  });

  it('are refused when nobody serves', () => {
    expect(of(web(), [])).toContain(
      'iifname != "lo" meta l4proto . th dport { tcp . 8080 } meta l4proto tcp reject with tcp reset',
    );
  });
});

describe('containers', () => {
  const text = rules({
    networks: [BACK],
    controlPlane: { addresses: ['10.77.0.11:2378', '10.77.0.12:2379', 'manager.local:1'] },
  });

  it.each([
    'ip daddr . tcp dport { 10.77.0.11 . 2378, 10.77.0.12 . 2379 } drop',
    'fib daddr type local tcp dport { 2378, 2379 } drop',
    'udp dport { 4789, 51840 } drop',
  ])('do not reach the control plane: %s', (rule) => {
    expect(text).toContain(rule);
  });

  it('are asked for on every bridge of the host, whatever they send', () => {
    for (const bridge of ['sc*', 'docker0', 'br-*', 'docker_gwbridge'])
      expect(text.split(`iifname "${bridge}" jump from_containers`)).toHaveLength(3);
  });

  it('find their name server at the gateway', () => {
    expect(text).toContain('iifname "sc10001" ip daddr 10.1.0.1 meta l4proto { tcp, udp } th dport 53 redirect to :4753');
  });
});

it('packets of VXLANs are taken from nodes only', () => {
  const text = rules({ networks: [BACK] });
  expect(text).toMatch(
    /udp dport 4789 ip saddr \{ 10\.77\.0\.11, 10\.77\.0\.12 \} accept\n +meta nfproto ipv4 udp dport 4789 drop/,
  );
});
