import { ENCRYPTED_UNDERLAY_CIDR, isIpv6, protocolOf, VXLAN_PORT } from '#common/domain';
import { removal, replacement, type Chain, type Lookup, type Ruleset } from '#common/nft';
import { returnAddress, returnMark, RETURN_MARK, RETURN_MARK_MASK } from './link-lines';
import type { HostIdentity, OverlayLink } from './overlay-link';
import type { NetworkState } from './network-state';
import { TRANSLATED_MARK } from './shortcuts/shortcut-rules';
import { addressesOf, familyOf, groupServing, type Family, type Serving } from './serving';

/** The table of overlay networks; what protects the control plane has its own. */
export const TABLE = 'inet swarmctl';
/** Where the agent answers its containers' questions about names; only they get there. */
export const DNS_PORT = 4753;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * A kernel parameter that stays with an overlay's bridge lets addresses of loopback in by it: these rules stay as long, also when
 * no program is there whose base rules say the same. Before connections are tracked and addresses translated.
 */
const LOOPBACK_ONLY = ['saddr', 'daddr'].map((end) => `iifname "sc*" ip ${end} 127.0.0.0/8 drop`);

/**
 * Or a container, or whoever reaches the host by IPv6, would be a node to the VXLANs of this host. Over IPv6 they have no addresses but
 * those inside WireGuard.
 */
const NO_NODES_VXLAN = [
  `udp dport ${VXLAN_PORT} ip6 daddr != ${ENCRYPTED_UNDERLAY_CIDR} drop`,
  ...['bridge', 'veth'].map((kind) => `udp dport ${VXLAN_PORT} meta iifkind "${kind}" iifname != @uplinks drop`),
];

/** What is refused is refused at a connection's first packet: the others need not be looked at. */
const ESTABLISHED = 'ct state established,related accept';

/** Removes every rule of ours. */
export const NO_RULES = removal(TABLE);

/** An address that connections may go to. */
interface Backend {
  readonly address: string;
  readonly port?: number;
}

const FAMILIES: readonly Family[] = ['ip', 'ip6'];
/** nft's name for the type of an address. */
const ADDRESS: Readonly<Record<Family, string>> = { ip: 'ipv4_addr', ip6: 'ipv6_addr' };
const NOTHING: Ruleset = { lookups: [], chains: [] };

/** Who sends to a virtual address goes on doing so: nobody is to be told that the task is nearer. IPv4 has a kernel parameter for it. */
const NO_REDIRECTS = ['oifname @bridges icmpv6 type nd-redirect drop'];

/** What is translated: connections that match go to one of the backends, each as likely as the others. */
interface Target {
  readonly chain: string;
  readonly family: Family;
  readonly match: string;
  readonly backends: readonly Backend[];
  /** Addresses and interfaces that it is limited to; none: no limit. */
  readonly boundTo?: readonly string[];
}

/**
 * The host's rules for overlay networks: virtual addresses and published ports lead to tasks that serve, with the caller's address
 * kept; answers to callers of other nodes go back through those; nothing else comes into a network from outside of it.
 * @param uplinks interfaces to other hosts: what comes in by any other is a container's
 */
export function toRules(
  state: NetworkState,
  links: readonly OverlayLink[],
  { uplinks, ...host }: HostIdentity & { readonly uplinks: readonly string[] },
): Ruleset {
  const serving = groupServing(state, host.nodeId);
  const virtual = links.flatMap((link) => virtualTargets(link, state, serving));
  const ingress = links.find(({ isIngress }) => isIngress);
  const ports = ingress ? publishedTargets(ingress, state, serving) : [];
  const nodes = [...new Set([...state.nodes.values()].map(({ address }) => address).filter(Boolean))];
  const source = sourceRules(state, ingress, host);
  const back = ingress && !ingress.isMasqueraded ? returnRules(ingress) : NOTHING;
  const input = inputRules({ links, virtual, ports, nodes });
  const toTargets = `fib daddr type local meta l4proto . th dport vmap @published`;
  return {
    lookups: [
      ...interfaceSets(links, uplinks),
      ...FAMILIES.map((family) => verdicts(`virtual_${family}`, `ifname . ${ADDRESS[family]}`, ofFamily(virtual, family))),
      verdicts('published', 'inet_proto . inet_service', ports),
      ...source.lookups,
      ...back.lookups,
      ...input.lookups,
    ],
    chains: [
      ...[...virtual, ...ports].filter(isServed).map(targetChain),
      chain('loopback_only', 'type filter hook prerouting priority -310', LOOPBACK_ONLY),
      // Tracking them as connections of the host costs a tenth of what an overlay carries, and nothing asks for it.
      chain('untracked_in', 'type filter hook prerouting priority -300', [`udp dport ${VXLAN_PORT} notrack`]),
      chain('untracked_out', 'type filter hook output priority -300', [`udp dport ${VXLAN_PORT} notrack`]),
      translation(links, toTargets),
      ...(links.some(({ ipv6 }) => ipv6) ? [chain('output', 'type filter hook output priority -10', NO_REDIRECTS)] : []),
      chain('output_nat', 'type nat hook output priority -100', [toTargets]),
      ...source.chains,
      ...back.chains,
      ...input.chains,
      chain('forward', 'type filter hook forward priority -10', [
        ...marks(links),
        ESTABLISHED,
        'oifname @bridges goto into_overlays',
      ]),
      // From the network itself, or to a published port. Docker's own rules only ask whether a packet comes from another of its bridges.
      chain('into_overlays', undefined, [
        'iifname . oifname @within accept',
        'ct status dnat accept',
        'meta l4proto tcp reject with tcp reset',
        'reject',
      ]),
    ],
  };
}

function interfaceSets(links: readonly OverlayLink[], uplinks: readonly string[]): Lookup[] {
  return [
    { name: 'uplinks', type: 'ifname', elements: uplinks.map((name) => `"${name}"`) },
    { name: 'bridges', type: 'ifname', elements: links.map(({ bridge }) => `"${bridge}"`) },
    { name: 'within', type: 'ifname . ifname', elements: links.map(({ bridge }) => `"${bridge}" . "${bridge}"`) },
  ];
}

/** Names of containers' networks lead to the agent's name server; connections to virtual addresses and published ports to tasks. */
function translation(links: readonly OverlayLink[], toTargets: string): Chain {
  return chain('prerouting_nat', 'type nat hook prerouting priority -100', [
    ...links.flatMap(({ bridge, gateway }) =>
      ['udp', 'tcp'].map((protocol) => `iifname "${bridge}" ip daddr ${gateway} ${protocol} dport 53 redirect to :${DNS_PORT}`),
    ),
    ...FAMILIES.map((family) => `iifname . ${family} daddr vmap @virtual_${family}`),
    toTargets,
  ]);
}

/** Where connections to these targets go on. */
function verdicts(name: string, key: string, targets: readonly Target[]): Lookup {
  const elements = targets.filter(isServed).map((target) => `${target.match} : goto ${target.chain}`);
  return { name, type: `${key} : verdict`, elements };
}

/** A target that nobody serves is left alone here, and refused when it arrives at the host. */
function isServed({ backends }: Target): boolean {
  return backends.length > 0;
}

function ofFamily(targets: readonly Target[], family: Family): Target[] {
  return targets.filter((target) => target.family === family);
}

function virtualTargets({ networkId, bridge }: OverlayLink, { services }: NetworkState, serving: Serving): Target[] {
  return [...services.values()].flatMap((service) => {
    const own = service.networks.filter((network) => network.networkId === networkId);
    return own.flatMap(({ virtualAddresses }) =>
      virtualAddresses.map((address) => {
        const family = familyOf(address);
        const backends = addressesOf(service, { networkId, family }, serving).map((backend) => ({ address: backend }));
        return { chain: `vip_${address.replaceAll(/[.:]/g, '_')}`, family, match: `"${bridge}" . ${address}`, backends };
      }),
    );
  });
}

function publishedTargets({ networkId }: OverlayLink, { services }: NetworkState, serving: Serving): Target[] {
  return [...services.values()].flatMap((service) =>
    service.ports.flatMap(({ port, boundTo, proxyProtocol }) => {
      // Those of the PROXY protocol are taken by the agent.
      if (!port || proxyProtocol > 0) return [];
      const protocol = protocolOf(port);
      const family = 'ip';
      const backends = addressesOf(service, { networkId, family }, serving).map((address) => ({
        address,
        port: port.targetPort,
      }));
      const match = `${protocol} . ${port.publishedPort}`;
      return [{ chain: `port_${protocol}_${port.publishedPort}`, family, match, backends, boundTo }];
    }),
  );
}

/**
 * The last rule is for a connection that begins while the rules are replaced, for which the choice comes to nothing: the elements of
 * the map, which has no name, have gone already.
 */
function targetChain({ chain: name, family, match, backends, boundTo = [] }: Target): Chain {
  const isPort = backends[0]?.port !== undefined;
  const places = backends.map(({ address, port }) => (isPort ? `${address} . ${port}` : address));
  const elements = places.map((place, index) => `${index} : ${place}`).join(', ');
  const choice = `numgen random mod ${backends.length} map { ${elements} }`;
  const protocol = `meta l4proto ${match.split(' ')[0]}`;
  const [first] = backends;
  const rules = isPort
    ? [`${protocol} dnat ip addr . port to ${choice}`, `${protocol} dnat ip to ${first?.address}:${first?.port}`]
    : [`dnat ${family} to ${choice}`, `dnat ${family} to ${first?.address}`];
  return chain(name, undefined, [...limits(boundTo), ...rules]);
}

/** Leaves alone what comes by another way than those that the port is bound to. */
function limits(boundTo: readonly string[]): string[] {
  if (boundTo.length === 0) return [];
  const elsewhere = boundTo.map((place) => (IPV4.test(place) ? `ip daddr != ${place}` : `iifname != "${place}"`));
  return [`${elsewhere.join(' ')} return`];
}

/** Callers keep their address, except where the answer would not find the way back through this host. */
function sourceRules({ endpoints, nodes }: NetworkState, ingress: OverlayLink | undefined, host: HostIdentity): Ruleset {
  const local = [...endpoints.values()].filter(({ nodeId }) => nodeId === host.nodeId).flatMap(({ addresses }) => addresses);
  // A task that was given itself answers its own host, which is the one that asked.
  const hairpins = FAMILIES.map((family): Lookup => {
    const own = new Set(local.map(({ address }) => address).filter((address) => familyOf(address) === family));
    const elements = [...own].map((address) => `${address} . ${address}`);
    return { name: `itself_${family}`, type: `${ADDRESS[family]} . ${ADDRESS[family]}`, elements };
  });
  const hairpinRules = FAMILIES.map((family) => `ct status dnat ${family} saddr . ${family} daddr @itself_${family} masquerade`);
  const outside = ingress && nodes.size > 0 ? fromOutside(ingress, host) : { lookups: [], rules: [] };
  return {
    lookups: [...hairpins, ...outside.lookups],
    chains: [chain('postrouting_nat', 'type nat hook postrouting priority 99', [...hairpinRules, ...outside.rules])],
  };
}

/** Of connections to published ports: rules of that chain, and what they look up. */
function fromOutside(ingress: OverlayLink, host: HostIdentity): Pick<Ruleset, 'lookups'> & Pick<Chain, 'rules'> {
  const translated = `oifname "${ingress.bridge}" ct status dnat`;
  const translate = `snat ip to ${host.address}`;
  const masqueraded = new Set(ingress.peers.filter((peer) => peer.isMasqueraded).map(({ address }) => address));
  const remotes = ingress.remotes.filter(({ address }) => !isIpv6(address));
  const beyond = remotes.filter(({ node }) => masqueraded.has(node)).map(({ address }) => address);
  const neighbours = remotes.map(({ address, node }) => `${node} . ${address}`);
  const rules = [
    // To nodes that cannot send answers back by this one.
    `${translated} ip daddr @unanswerable snat ip to ${returnAddress(ingress)}`,
    // From here by way of the loopback interface, and from containers here: the other node only knows this host's own address.
    `${translated} ip saddr 127.0.0.0/8 ${translate}`,
    `${translated} iif != 0 iifname != @uplinks ${translate}`,
    // From a node to its own task by way of this one: the task would answer its host, which knows of no such connection.
    `${translated} ip saddr . ip daddr @own_tasks ${translate}`,
  ];
  return {
    lookups: [
      { name: 'unanswerable', type: 'ipv4_addr', elements: [...new Set(beyond)] },
      { name: 'own_tasks', type: 'ipv4_addr . ipv4_addr', elements: [...new Set(neighbours)] },
    ],
    rules,
  };
}

/** The connection remembers through which node it came (the sender of its frames); its answers are routed there. */
function returnRules({ bridge, subnet, peers }: OverlayLink): Ruleset {
  const isMarked = `& ${hex(RETURN_MARK_MASK)} == ${hex(RETURN_MARK)}`;
  const elements = peers.map((peer) => `${peer.mac} : ${hex(returnMark(peer))}`);
  if (peers.length === 0) return NOTHING;
  return {
    lookups: [{ name: 'return_marks', type: 'ether_addr : mark', elements }],
    chains: [
      chain('return_mark', 'type filter hook prerouting priority -150', [
        `iifname "${bridge}" ip saddr != ${subnet} ct direction original ct mark set ether saddr map @return_marks`,
        `iifname "${bridge}" ip saddr ${subnet} ip daddr != ${subnet} ct direction reply ct mark ${isMarked} meta mark set ct mark`,
      ]),
      // Or the mark would ride on the packet of the VXLAN, and that be routed in a circle.
      chain('return_unmark', 'type filter hook postrouting priority -150', [`meta mark ${isMarked} meta mark set 0`]),
    ],
  };
}

/** Rules like those by which answers find the way back, made and removed in one transaction: the kernel takes them or says why not. */
export function wayBackProbe(): string {
  const table = 'inet swarmctl-probe';
  const mark = hex(RETURN_MARK);
  const probe: Ruleset = {
    lookups: [{ name: 'return_marks', type: 'ether_addr : mark', elements: [`02:5c:00:00:00:00 : ${mark}`] }],
    chains: [
      chain('probe_mark', 'type filter hook prerouting priority -150', [
        'ct direction original ct mark set ether saddr map @return_marks',
        `ct direction reply ct mark & ${hex(RETURN_MARK_MASK)} == ${mark} meta mark set ct mark`,
      ]),
    ],
  };
  return `${replacement(table, probe, undefined)}delete table ${table}\n`;
}

/** Answers to what is translated here have to be translated back: see the shortcuts past this filter. */
function marks(links: readonly OverlayLink[]): string[] {
  const bridges = links.filter(({ isIngress }) => !isIngress).map(({ bridge }) => `"${bridge}"`);
  return bridges.map((name) => `oifname ${name} ct direction original ct status dnat meta mark set ${hex(TRANSLATED_MARK)}`);
}

interface InputParts {
  readonly links: readonly OverlayLink[];
  readonly virtual: readonly Target[];
  readonly ports: readonly Target[];
  readonly nodes: readonly string[];
}

function inputRules({ links, virtual, ports, nodes }: InputParts): Ruleset {
  // What is addressed to a service that nobody serves must not reach the host's own ports instead.
  const unserved = ports.filter((port) => !isServed(port)).map(({ match }) => match);
  const rules = [
    ...NO_NODES_VXLAN,
    ...(nodes.length > 0
      ? [`udp dport ${VXLAN_PORT} ip saddr @nodes accept`, `meta nfproto ipv4 udp dport ${VXLAN_PORT} drop`]
      : []),
    ESTABLISHED,
    ...FAMILIES.flatMap((family) => refuse(`iifname . ${family} daddr @addresses_${family}`)),
    ...refuse('iifname != "lo" meta l4proto . th dport @unserved_ports'),
    // The host has them for its containers: nobody else comes in by them, and nobody by way of another network.
    ...FAMILIES.flatMap((family) => refuse(`iif != "lo" ${family} daddr @inner_${family} fib daddr . iif type != local`)),
  ];
  return {
    lookups: [
      { name: 'nodes', type: 'ipv4_addr', elements: nodes },
      ...FAMILIES.map((family): Lookup => {
        const elements = ofFamily(virtual, family).map(({ match }) => match);
        return { name: `addresses_${family}`, type: `ifname . ${ADDRESS[family]}`, elements };
      }),
      ...FAMILIES.map((family) => ({ name: `inner_${family}`, type: ADDRESS[family], elements: innerAddresses(links, family) })),
      { name: 'unserved_ports', type: 'inet_proto . inet_service', elements: unserved },
    ],
    chains: [chain('input', 'type filter hook input priority -10', rules)],
  };
}

function refuse(match: string): string[] {
  return [`${match} meta l4proto tcp reject with tcp reset`, `${match} meta l4proto != icmp meta l4proto != icmpv6 reject`];
}

/** Gateways and virtual addresses. */
function innerAddresses(links: readonly OverlayLink[], family: Family): string[] {
  const all = links.flatMap(({ gateway, ipv6, virtualAddresses }) => [
    gateway,
    ...(ipv6 ? [ipv6.gateway] : []),
    ...virtualAddresses,
  ]);
  return [...new Set(all)].filter((address) => familyOf(address) === family);
}

function chain(name: string, hook: string | undefined, rules: readonly string[]): Chain {
  return { name, rules, ...(hook === undefined ? {} : { hook }) };
}

function hex(number: number): string {
  return `0x${(number >>> 0).toString(16)}`;
}
