import { isIpv6, protocolOf, VXLAN_PORT, WIREGUARD_PORT } from '#common/domain';
import { returnAddress, returnMark, RETURN_MARK, RETURN_MARK_MASK } from './link-lines';
import type { HostIdentity, OverlayLink } from './overlay-link';
import type { NetworkState } from './network-state';
import { TRANSLATED_MARK } from './shortcuts/shortcut-rules';
import { addressesOf, familyOf, groupServing, type Family, type Serving } from './serving';

/** Our only table; everything in it is replaced at once. */
const TABLE = 'inet swarmctl';
/** Where the agent answers its containers' questions about names; only they get there. */
export const DNS_PORT = 4753;
/** Bridges of containers that are not ours, as engines name them. */
const OTHER_BRIDGES = ['docker0', 'br-*', 'docker_gwbridge'];
const OUR_BRIDGES = 'sc*';
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What is refused is refused at a connection's first packet: the others need not be looked at. */
const ESTABLISHED = 'ct state established,related accept';

/** Removes every rule of ours. */
export const NO_RULES = `table ${TABLE}\ndelete table ${TABLE}\n`;

/** An address that connections may go to. */
interface Backend {
  readonly address: string;
  readonly port?: number;
}

const FAMILIES: readonly Family[] = ['ip', 'ip6'];

/** Who sends to a virtual address goes on doing so: nobody is to be told that the task is nearer. IPv4 has a kernel parameter for it. */
const NO_REDIRECTS = [`oifname "${OUR_BRIDGES}" icmpv6 type nd-redirect drop`];

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
 * kept; answers to callers of other nodes go back through those; containers reach neither the control plane nor the VXLANs.
 * @returns a script for `nft -f` that replaces what was there in one transaction
 */
export function toRules(state: NetworkState, links: readonly OverlayLink[], host: HostIdentity): string {
  const serving = groupServing(state, host.nodeId);
  const virtual = links.flatMap((link) => virtualTargets(link, state, serving));
  const ingress = links.find(({ isIngress }) => isIngress);
  const ports = ingress ? publishedTargets(ingress, state, serving) : [];
  const nodes = [...state.nodes.values()].map(({ address }) => address).filter(Boolean);
  const lines = [
    ...[...virtual, ...ports].flatMap(targetChain),
    // Tracking them as connections of the host costs a tenth of what an overlay carries, and nothing asks for it.
    ...chain('untracked_in', 'type filter hook prerouting priority -300', [`udp dport ${VXLAN_PORT} notrack`]),
    ...chain('untracked_out', 'type filter hook output priority -300', [`udp dport ${VXLAN_PORT} notrack`]),
    ...chain('prerouting_nat', 'type nat hook prerouting priority -100', [
      ...links.map(
        ({ bridge, gateway }) =>
          `iifname "${bridge}" ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 redirect to :${DNS_PORT}`,
      ),
      ...FAMILIES.flatMap((family) => vmap(`iifname . ${family} daddr`, ofFamily(virtual, family))),
      ...vmap('fib daddr type local meta l4proto . th dport', ports),
    ]),
    ...(links.some(({ ipv6 }) => ipv6) ? chain('output', 'type filter hook output priority -10', NO_REDIRECTS) : []),
    ...chain('output_nat', 'type nat hook output priority -100', vmap('fib daddr type local meta l4proto . th dport', ports)),
    ...chain('postrouting_nat', 'type nat hook postrouting priority 99', sourceRules(state, ingress, host)),
    ...(ingress && !ingress.isMasqueraded ? returnRules(ingress) : []),
    ...chain('input', 'type filter hook input priority -10', inputRules({ links, virtual, ports, nodes })),
    ...chain('forward', 'type filter hook forward priority -10', [...marks(links), ESTABLISHED, ...fromContainers()]),
    ...chain('from_containers', undefined, closedToContainers(state.controlPlane)),
  ];
  return [...NO_RULES.trimEnd().split('\n'), `table ${TABLE} {`, ...lines.map((line) => `  ${line}`), '}', ''].join('\n');
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

/** A target that nobody serves is left alone here, and refused when it arrives at the host. */
function targetChain({ chain: name, family, match, backends, boundTo = [] }: Target): string[] {
  const [first] = backends;
  if (!first) return [];
  const isPort = first.port !== undefined;
  const elements = backends
    .map(({ address, port }, index) => `${index} : ${isPort ? `${address} . ${port}` : address}`)
    .join(', ');
  const choice = `numgen random mod ${backends.length} map { ${elements} }`;
  const rule = isPort ? `meta l4proto ${match.split(' ')[0]} dnat ip addr . port to ${choice}` : `dnat ${family} to ${choice}`;
  return chain(name, undefined, [...limits(boundTo), rule]);
}

/** Leaves alone what comes by another way than those that the port is bound to. */
function limits(boundTo: readonly string[]): string[] {
  if (boundTo.length === 0) return [];
  const addresses = boundTo.filter((place) => IPV4.test(place));
  const interfaces = boundTo.filter((place) => !IPV4.test(place)).map((name) => `"${name}"`);
  const elsewhere = [
    ...(addresses.length > 0 ? [`ip daddr != { ${addresses.join(', ')} }`] : []),
    ...(interfaces.length > 0 ? [`iifname != { ${interfaces.join(', ')} }`] : []),
  ];
  return [`${elsewhere.join(' ')} return`];
}

function vmap(key: string, targets: readonly Target[]): string[] {
  const served = targets.filter(({ backends }) => backends.length > 0);
  if (served.length === 0) return [];
  return [`${key} vmap { ${served.map(({ chain: name, match }) => `${match} : goto ${name}`).join(', ')} }`];
}

/** Callers keep their address, except where the answer would not find the way back through this host. */
function sourceRules({ endpoints, nodes }: NetworkState, ingress: OverlayLink | undefined, host: HostIdentity): string[] {
  const local = [...endpoints.values()].filter(({ nodeId }) => nodeId === host.nodeId).flatMap(({ addresses }) => addresses);
  // A task that was given itself answers its own host, which is the one that asked.
  const hairpins = FAMILIES.flatMap((family) => {
    const itself = local.filter(({ address }) => familyOf(address) === family).map(({ address }) => `${address} . ${address}`);
    return itself.length > 0 ? [`ct status dnat ${family} saddr . ${family} daddr { ${itself.join(', ')} } masquerade`] : [];
  });
  if (!ingress || nodes.size === 0) return hairpins;
  const translated = `oifname "${ingress.bridge}" ct status dnat`;
  const translate = `snat ip to ${host.address}`;
  const masqueraded = new Set(ingress.peers.filter((peer) => peer.isMasqueraded).map(({ address }) => address));
  const beyond = ingress.remotes.filter(({ node, address }) => masqueraded.has(node) && !isIpv6(address));
  const neighbours = ingress.remotes.filter(({ address }) => !isIpv6(address)).map(({ address, node }) => `${node} . ${address}`);
  return [
    ...hairpins,
    // To nodes that cannot send answers back by this one.
    ...(beyond.length > 0
      ? [`${translated} ip daddr { ${beyond.map(({ address }) => address).join(', ')} } snat ip to ${returnAddress(ingress)}`]
      : []),
    // From here by way of the loopback interface, and from containers here: the other node only knows this host's own address.
    `${translated} ip saddr 127.0.0.0/8 ${translate}`,
    ...[OUR_BRIDGES, ...OTHER_BRIDGES].map((name) => `${translated} iifname "${name}" ${translate}`),
    // From a node to its own task by way of this one: the task would answer its host, which knows of no such connection.
    ...(neighbours.length > 0 ? [`${translated} ip saddr . ip daddr { ${neighbours.join(', ')} } ${translate}`] : []),
  ];
}

/** The connection remembers through which node it came (the sender of its frames); its answers are routed there. */
function returnRules({ bridge, subnet, peers }: OverlayLink): string[] {
  const isMarked = `& ${hex(RETURN_MARK_MASK)} == ${hex(RETURN_MARK)}`;
  const elements = peers.map((peer) => `${peer.mac} : ${hex(returnMark(peer))}`).join(', ');
  if (peers.length === 0) return [];
  return [
    ...chain('return_mark', 'type filter hook prerouting priority -150', [
      `iifname "${bridge}" ip saddr != ${subnet} ct direction original ct mark set ether saddr map { ${elements} }`,
      `iifname "${bridge}" ip saddr ${subnet} ip daddr != ${subnet} ct direction reply ct mark ${isMarked} meta mark set ct mark`,
    ]),
    // Or the mark would ride on the packet of the VXLAN, and that be routed in a circle.
    ...chain('return_unmark', 'type filter hook postrouting priority -150', [`meta mark ${isMarked} meta mark set 0`]),
  ];
}

/** Rules like those by which answers find the way back, made and removed in one transaction: the kernel takes them or says why not. */
export function wayBackProbe(): string {
  const table = 'inet swarmctl-probe';
  const mark = hex(RETURN_MARK);
  const rules = chain('probe_mark', 'type filter hook prerouting priority -150', [
    `ct direction original ct mark set ether saddr map { 02:5c:00:00:00:00 : ${mark} }`,
    `ct direction reply ct mark & ${hex(RETURN_MARK_MASK)} == ${mark} meta mark set ct mark`,
  ]);
  return [`table ${table} {`, ...rules, '}', `delete table ${table}`, ''].join('\n');
}

/** Answers to what is translated here have to be translated back: see the shortcuts past this filter. */
function marks(links: readonly OverlayLink[]): string[] {
  const bridges = links.filter(({ isIngress }) => !isIngress).map(({ bridge }) => `"${bridge}"`);
  if (bridges.length === 0) return [];
  return [`oifname { ${bridges.join(', ')} } ct direction original ct status dnat meta mark set ${hex(TRANSLATED_MARK)}`];
}

interface InputParts {
  readonly links: readonly OverlayLink[];
  readonly virtual: readonly Target[];
  readonly ports: readonly Target[];
  readonly nodes: readonly string[];
}

function inputRules({ links, virtual, ports, nodes }: InputParts): string[] {
  const published = ports.filter(({ backends }) => backends.length === 0).map(({ match }) => match);
  return [
    ...(nodes.length > 0
      ? [`udp dport ${VXLAN_PORT} ip saddr { ${nodes.join(', ')} } accept`, `meta nfproto ipv4 udp dport ${VXLAN_PORT} drop`]
      : []),
    ESTABLISHED,
    ...(links.length > 0 ? [`meta l4proto { tcp, udp } th dport ${DNS_PORT} iifname != "${OUR_BRIDGES}" drop`] : []),
    // What is addressed to a service that nobody serves must not reach the host's own ports instead.
    ...FAMILIES.flatMap((family) => {
      const addresses = ofFamily(virtual, family).map(({ match }) => match);
      return addresses.length > 0 ? refuse(`iifname . ${family} daddr { ${addresses.join(', ')} }`) : [];
    }),
    ...(published.length > 0 ? refuse(`iifname != "lo" meta l4proto . th dport { ${published.join(', ')} }`) : []),
    ...fromContainers(),
  ];
}

function refuse(match: string): string[] {
  return [`${match} meta l4proto tcp reject with tcp reset`, `${match} meta l4proto != { icmp, icmpv6 } reject`];
}

function fromContainers(): string[] {
  return [OUR_BRIDGES, ...OTHER_BRIDGES].map((name) => `iifname "${name}" jump from_containers`);
}

function closedToContainers(controlPlane: readonly string[]): string[] {
  const places = controlPlane.map((place) => place.split(':')).filter(([address = '', port]) => /^[\d.]+$/.test(address) && port);
  const remote = [...new Set(places.map(([address, port]) => `${address} . ${port}`))];
  const ports = [...new Set(places.map(([, port]) => port))];
  return [
    `udp dport { ${VXLAN_PORT}, ${WIREGUARD_PORT} } drop`,
    ...(remote.length > 0 ? [`ip daddr . tcp dport { ${remote.join(', ')} } drop`] : []),
    ...(ports.length > 0 ? [`fib daddr type local tcp dport { ${ports.join(', ')} } drop`] : []),
  ];
}

function chain(name: string, hook: string | undefined, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook ? [`  ${hook};`] : []), ...rules.map((rule) => `  ${rule}`), '}'];
}

function hex(number: number): string {
  return `0x${(number >>> 0).toString(16)}`;
}
