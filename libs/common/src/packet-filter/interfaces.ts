import { readAddress } from './control-place';

/** What `ip -json -details address show` prints of an interface, as far as it is looked at; any field may be missing. */
export interface InterfaceRow {
  readonly ifindex?: number;
  readonly ifname?: string;
  readonly link_type?: string;
  /** The bridge (or bond) that it is a port of. */
  readonly master?: string;
  /** What it stands on, as a VLAN does on a card. */
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly AddressRow[];
}

interface AddressRow {
  readonly family?: string;
  readonly local?: string;
  readonly scope?: string;
  /** Whether it is there for a time only: in IPv6, because a router has advertised its network. */
  readonly dynamic?: boolean;
}

/** An interface behind which there are other hosts. */
export interface Uplink {
  readonly name: string;
  readonly index: number;
}

/** The host's network, as far as it matters for who may come in. */
export interface HostInterfaces {
  /** By these other hosts come in. Everything else but loopback counts as an interface of containers. */
  readonly uplinks: readonly Uplink[];
  /** All of the host's addresses, those of loopback and of containers' bridges too. */
  readonly addresses: readonly string[];
  /** Those at which other hosts reach it. */
  readonly uplinkAddresses: readonly string[];
}

export const NO_INTERFACES: HostInterfaces = { uplinks: [], addresses: [], uplinkAddresses: [] };

/** What else tells an uplink. */
export interface UplinkSigns {
  /** Interfaces by which the host's default routes lead. */
  readonly defaultRoutes: readonly string[];
  /** Addresses that the host was told to announce to others. */
  readonly announced: readonly string[];
}

/** Rules name interfaces; a name that needs quoting or means several is left out, and counts as containers'. */
const PLAIN_NAME = /^[\w.@-]{1,15}$/;
/** Devices that stand on another one, and lead where that leads. */
const UPPER_KINDS: ReadonlySet<string> = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'macsec']);
/** Other devices that lead to hosts, besides network cards, which have no kind: what is not here is containers'. */
const UPLINK_KINDS: ReadonlySet<string> = new Set([
  ...['bond', 'team', 'hsr', 'dsa', 'ipoib', 'wwan', 'rmnet', 'ppp'],
  ...['tun', 'wireguard', 'ovpn', 'ovpn-dco', 'xfrm', 'vti', 'vti6'],
  ...['ipip', 'sit', 'gre', 'gretap', 'erspan', 'ip6tnl', 'ip6gre', 'ip6gretap', 'ip6erspan'],
]);
const LINK_SCOPES: ReadonlySet<string> = new Set(['link', 'host']);
/** Of a route in /proc/net/ipv6_route: a router has advertised it. */
const RTF_ADDRCONF = 0x0004_0000;

/**
 * Tells interfaces to other hosts from those to containers by what they are, never by a list of names: one that nobody knows counts as
 * containers', unless it carries the default route or an address that the host announces. A bridge leads to hosts when it has a port that
 * no container has (a network card, a VM's tap); so does an end of a cable between namespaces (veth) that was given an address of its own.
 */
export function readInterfaces(rows: readonly InterfaceRow[], signs: UplinkSigns): HostInterfaces {
  const announced = new Set(signs.announced.flatMap((address) => readAddress(address) ?? []));
  const isUplink = (row: InterfaceRow): boolean => {
    if (row.link_type === 'loopback' || (row.master !== undefined && isBridge(rows, row.master))) return false;
    if (signs.defaultRoutes.includes(row.ifname ?? '') || addressesOf(row).some((address) => announced.has(address))) return true;
    return leadsToHosts(row);
  };
  const leadsToHosts = (row: InterfaceRow): boolean => {
    const kind = row.linkinfo?.info_kind;
    if (kind === undefined || UPLINK_KINDS.has(kind)) return true;
    if (UPPER_KINDS.has(kind))
      return rows.filter(({ ifname }) => ifname === row.link).every((lower) => isUplink(lower) || isHostPort(lower));
    if (kind === 'bridge') return portsOf(rows, row).some(isHostPort);
    // Packets that come by one of its ports have its name.
    if (kind === 'vrf') return portsOf(rows, row).every(isUplink);
    return kind === 'veth' && (row.addr_info ?? []).some(isGiven);
  };
  const isHostPort = (row: InterfaceRow): boolean =>
    row.master !== undefined && row.linkinfo?.info_kind !== 'veth' && leadsToHosts(row);
  const uplinks = rows.filter(isUplink);
  return {
    uplinks: uplinks.flatMap(({ ifname = '', ifindex }) =>
      ifindex !== undefined && PLAIN_NAME.test(ifname) ? [{ name: ifname, index: ifindex }] : [],
    ),
    addresses: [...new Set(rows.flatMap(addressesOf))],
    uplinkAddresses: uplinks.flatMap((row) => addressesOf({ ...row, addr_info: row.addr_info?.filter(isGlobal) })),
  };
}

/** Interfaces of default routes that were not advertised, from /proc/net/route and /proc/net/ipv6_route. */
export function defaultRoutesIn(ipv4: string, ipv6: string): string[] {
  const fields = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/));
  const ofIpv4 = fields(ipv4).filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000');
  // Whoever is behind an interface can advertise a route, a container too: that tells nothing of what the interface is.
  const ofIpv6 = fields(ipv6).filter(
    ([destination = '', prefix, , , , , , , flags = '']) =>
      /^0{32}$/.test(destination) && prefix === '00' && (parseInt(flags, 16) & RTF_ADDRCONF) === 0,
  );
  const names = [...ofIpv4.map(([name = '']) => name), ...ofIpv6.map((line) => line.at(-1) ?? '')];
  return [...new Set(names)].filter((name) => name !== 'lo');
}

function isBridge(rows: readonly InterfaceRow[], name: string): boolean {
  return rows.find(({ ifname }) => ifname === name)?.linkinfo?.info_kind === 'bridge';
}

function portsOf(rows: readonly InterfaceRow[], { ifname }: InterfaceRow): InterfaceRow[] {
  return rows.filter(({ master }) => master === ifname);
}

function isGlobal({ scope = '' }: AddressRow): boolean {
  return !LINK_SCOPES.has(scope);
}

/** Whether somebody gave the host this address, and no router's advertisement did, which a container can send. */
function isGiven(address: AddressRow): boolean {
  return isGlobal(address) && !(address.family === 'inet6' && address.dynamic === true);
}

function addressesOf({ addr_info = [] }: InterfaceRow): string[] {
  return addr_info.flatMap(({ local = '' }) => readAddress(local) ?? []);
}
