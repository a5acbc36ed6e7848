import { isIpv6, overlap, readIpNetwork, VXLAN_PORT, WIREGUARD_PORT, formatSubnet, formatAddress } from '../domain';
import type { Chain, Lookup, Ruleset } from '../nft';
import { readAddress } from './control-place';
import type { HostInterfaces } from './interfaces';

/** The programs that keep base rules, each in a table of its own: either may be the only one on a host. */
export type Program = 'agent' | 'manager';

/** The table of a program's base rules. */
export function baseTable(program: Program): string {
  return `inet swarmctl-base-${program}`;
}

/** The set in which a program tells the other one as which users it and its etcd run. */
export const OWN_USERS = 'own_users';
/** The set of users to whom the control plane's ports are open. */
export const USERS = 'users';

/** As ControlPlace, with the addresses that its host has: none while its name was not found. */
export interface ResolvedPlace {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly isOpenToUsers: boolean;
  readonly isGuarded: boolean;
}

/** All that base rules follow from. */
export interface BaseFacts {
  readonly interfaces: HostInterfaces;
  /** The control plane of all hosts, as far as it is known. */
  readonly places: readonly ResolvedPlace[];
  /** Addresses and networks of hosts that may come in. */
  readonly hosts: readonly string[];
  /** TCP ports that are closed to containers on all of these hosts, whatever is behind them there. */
  readonly hostPorts: readonly number[];
  /** Where names are served, and the bridges from which they are asked for. */
  readonly names?: { readonly port: number; readonly bridges: readonly string[] };
  /** Of this program and its etcd. */
  readonly ownUsers: readonly number[];
  /** Of the other program. */
  readonly otherUsers: readonly number[];
}

/** Before the rules of overlay networks (-10) and Docker's (0): what is refused here nobody else accepts. */
const FILTER_PRIORITY = -20;
/** Before connections are tracked and addresses translated. */
const RAW_PRIORITY = -310;

const FAMILIES = [
  { word: 'ip', type: 'ipv4_addr', width: 32 },
  { word: 'ip6', type: 'ipv6_addr', width: 128 },
] as const;
type Word = (typeof FAMILIES)[number]['word'];

const RESET = 'reject with tcp reset';
const LINK_LOCAL = 'fe80::/10';
/** A packet whose destination was another one: as with `docker run --publish`. */
const TRANSLATED = 'meta l4proto tcp ct status dnat ct direction original';

/**
 * Rules that keep the control plane from containers, from hosts that are not listed, and from other users of this host; and loopback
 * addresses on loopback. They look at every packet, not only at the first of a connection: one that was opened while there were no rules
 * ends with them.
 */
export function baseRules(facts: BaseFacts): Ruleset {
  const own = localPlaces(facts);
  const guarded = portsOf(own.filter(({ isGuarded }) => isGuarded));
  const others = portsOf(own.filter(({ isGuarded }) => !isGuarded)).filter((port) => !guarded.includes(port));
  const isPrivate = ({ isOpenToUsers }: ResolvedPlace): boolean => !isOpenToUsers;
  const privatePlaces = facts.places.filter(isPrivate);
  return {
    lookups: [
      { name: 'uplinks', type: 'ifname', elements: facts.interfaces.uplinks.map(({ name }) => `"${name}"`) },
      { name: 'uplink_numbers', type: 'iface_index', elements: facts.interfaces.uplinks.map(({ index }) => String(index)) },
      ...FAMILIES.map(({ word, type, width }): Lookup => {
        return { name: `hosts_${word}`, type, flags: 'interval', elements: networksOf(facts.hosts, width) };
      }),
      ports('guarded_ports', guarded),
      ports('local_ports', others),
      ports('closed_ports', [...portsOf(facts.places), ...facts.hostPorts]),
      ports('host_ports', facts.hostPorts),
      ...pairs('places', facts.places),
      ports('private_ports', portsOf(privatePlaces)),
      ports('private_local', portsOf(own.filter(isPrivate))),
      ...pairs('private', privatePlaces),
      ...FAMILIES.map(({ word, type, width }): Lookup => {
        return { name: `own_${word}`, type, flags: 'interval', elements: networksOf(ownAddresses(facts), width) };
      }),
      { name: OWN_USERS, type: 'uid', elements: numbers(facts.ownUsers) },
      { name: USERS, type: 'uid', elements: numbers([...facts.ownUsers, ...facts.otherUsers]) },
      ...(facts.names ? [{ name: 'askers', type: 'ifname', elements: facts.names.bridges.map((name) => `"${name}"`) }] : []),
    ],
    chains: [...LOOPBACK, ...inputChains(facts), ...FORWARD, ...OUTPUT],
  };
}

/** Places on this host: at any of its addresses, since a program may listen on all of them. */
function localPlaces({ places, interfaces }: BaseFacts): ResolvedPlace[] {
  const own = new Set(interfaces.addresses);
  return places.filter(({ addresses }) => addresses.some((each) => own.has(each) || isOwnByNature(each)));
}

/** All of this host's, without those that come and go with each container's interface. */
function ownAddresses({ interfaces }: BaseFacts): string[] {
  return [...interfaces.addresses.filter((address) => !address.startsWith('fe80:')), LINK_LOCAL];
}

/** Addresses that are this host's wherever they are written. */
export function isOwnByNature(address: string): boolean {
  return address === '::1' || address === '::' || address === '0.0.0.0' || /^127\./.test(address);
}

/** A kernel parameter of overlay networks lets addresses of loopback in by their bridges; no container has business with them. */
const LOOPBACK: readonly Chain[] = [
  filter('loopback_only', 'prerouting', RAW_PRIORITY, [
    ...['saddr', 'daddr'].map((end) => `iif != "lo" ip ${end} 127.0.0.0/8 drop`),
  ]),
];

function inputChains({ names }: BaseFacts): Chain[] {
  /** Answers to what this host has asked may come to any port. */
  const always = ['iif "lo" accept', 'ct direction reply accept'];
  // Who comes from a container has its interface, whatever address it gives; and one whose address is a container's is not a host.
  const fromHosts = 'iifname @uplinks fib saddr oif @uplink_numbers';
  return [
    filter('input', 'input', FILTER_PRIORITY, [
      'tcp dport @guarded_ports goto from_listed_hosts',
      'tcp dport @local_ports goto from_hosts',
      // Or a container would be a node to the VXLANs of this host.
      ...['bridge', 'veth'].map((kind) => `udp dport ${VXLAN_PORT} meta iifkind "${kind}" iifname != @uplinks drop`),
      ...(names
        ? [`tcp dport ${names.port} iifname != @askers ${RESET}`, `udp dport ${names.port} iifname != @askers drop`]
        : []),
    ]),
    {
      name: 'from_listed_hosts',
      rules: [...always, ...FAMILIES.map(({ word }) => `${fromHosts} ${word} saddr @hosts_${word} accept`), RESET],
    },
    { name: 'from_hosts', rules: [...always, `${fromHosts} accept`, RESET] },
  ];
}

/** What is passed on comes from containers, or from others that this host is no way for. */
const FORWARD: readonly Chain[] = [
  filter('forward', 'forward', FILTER_PRIORITY, [
    `${TRANSLATED} jump translated`,
    'tcp dport @closed_ports goto to_control_plane',
    ...[VXLAN_PORT, WIREGUARD_PORT].map((port) => `udp dport ${port} oifname @uplinks drop`),
  ]),
  // A part of the control plane that runs in a container is this host's, where it is published.
  {
    name: 'translated',
    rules: [
      ...FAMILIES.map(({ word }) => `${toOwn(word, 'guarded_ports')} goto from_listed_hosts`),
      ...FAMILIES.map(({ word }) => `${toOwn(word, 'local_ports')} goto from_hosts`),
    ],
  },
  {
    name: 'to_control_plane',
    rules: FAMILIES.flatMap(({ word }) => [
      `${word} daddr . tcp dport @places_${word} ${RESET}`,
      `tcp dport @host_ports ${word} daddr @hosts_${word} ${RESET}`,
    ]),
  },
];

/** What the kernel itself sends for a connection has no user, and passes. */
const OUTPUT: readonly Chain[] = [
  filter('output', 'output', FILTER_PRIORITY, [
    `${TRANSLATED} meta skuid != @${USERS} jump translated_from_users`,
    `tcp dport @private_ports meta skuid != @${USERS} goto from_users`,
  ]),
  { name: 'translated_from_users', rules: FAMILIES.map(({ word }) => `${toOwn(word, 'private_local')} ${RESET}`) },
  {
    name: 'from_users',
    rules: [
      `fib daddr type local tcp dport @private_local ${RESET}`,
      ...FAMILIES.map(({ word }) => `${word} daddr . tcp dport @private_${word} ${RESET}`),
    ],
  },
];

/** Matches what was sent to one of these ports of this host, wherever it goes now. */
function toOwn(word: Word, set: string): string {
  return `meta l4proto tcp ct original ${word} daddr @own_${word} ct original proto-dst @${set}`;
}

function filter(name: string, hook: string, priority: number, rules: readonly string[]): Chain {
  return { name, hook: `type filter hook ${hook} priority ${priority}`, rules };
}

function numbers(list: readonly number[]): string[] {
  return [...new Set(list)].sort((a, b) => a - b).map(String);
}

function ports(name: string, list: readonly number[]): Lookup {
  return { name, type: 'inet_service', elements: numbers(list) };
}

function portsOf(places: readonly ResolvedPlace[]): number[] {
  return places.map(({ port }) => port);
}

/** Addresses and ports, but those at which every host has only itself. */
function pairs(name: string, places: readonly ResolvedPlace[]): Lookup[] {
  return FAMILIES.map(({ word, type }) => {
    const elements = places.flatMap(({ addresses, port }) =>
      addresses
        .flatMap((address) => readAddress(address) ?? [])
        .filter((address) => familyOf(address) === word && !isOwnByNature(address))
        .map((address) => `${address} . ${port}`),
    );
    return { name: `${name}_${word}`, type: `${type} . inet_service`, elements: [...new Set(elements)].sort() };
  });
}

function familyOf(address: string): Word {
  return isIpv6(address) ? 'ip6' : 'ip';
}

/** Networks of one family without those that another one holds: the kernel takes no two that overlap. */
function networksOf(texts: readonly string[], width: 32 | 128): string[] {
  const networks = texts.flatMap((text) => readIpNetwork(text) ?? []).filter((network) => network.width === width);
  const largestFirst = [...networks].sort((a, b) => a.prefix - b.prefix);
  const kept = largestFirst.filter((network, index) => !largestFirst.slice(0, index).some((larger) => overlap(larger, network)));
  return kept.map((network) => (network.prefix === width ? formatAddress(network.bits, width) : formatSubnet(network))).sort();
}
