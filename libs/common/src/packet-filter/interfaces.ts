import { readAddress } from './control-place';

/** What `ip -json -details address show` prints of an interface, as far as it is looked at; any field may be missing. */
export interface InterfaceRow {
  readonly ifindex?: number;
  readonly ifname?: string;
  readonly link_type?: string;
  /** The bridge (or bond) that it is a port of. */
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string; readonly scope?: string }[];
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
/** Devices whose other ends are networks of containers, unless something says otherwise. */
const CONTAINER_KINDS: ReadonlySet<string> = new Set(['bridge', 'veth', 'vxlan', 'geneve', 'dummy', 'ifb']);
/** Ports that every bridge of containers has; any other port (a network card, a bond, a VM's tap) leads to hosts. */
const CONTAINER_PORTS: ReadonlySet<string> = new Set(['veth', 'vxlan', 'geneve', 'dummy', 'ifb']);
const LINK_SCOPES: ReadonlySet<string> = new Set(['link', 'host']);

/**
 * Tells interfaces to other hosts from those to containers by what they are, never by a list of names: one that nobody knows counts as
 * containers'. A bridge leads to hosts when it has a port that no container has (a network card), carries the default route, or an address that the host
 * announces; so does an end of a cable between namespaces (veth), and also when it has an address of its own.
 */
export function readInterfaces(rows: readonly InterfaceRow[], signs: UplinkSigns): HostInterfaces {
  const announced = new Set(signs.announced.flatMap((address) => readAddress(address) ?? []));
  const isUplink = (row: InterfaceRow): boolean => {
    if (row.link_type === 'loopback' || (row.master !== undefined && isBridge(rows, row.master))) return false;
    const kind = row.linkinfo?.info_kind;
    if (kind === undefined || !CONTAINER_KINDS.has(kind)) return true;
    if (signs.defaultRoutes.includes(row.ifname ?? '') || addressesOf(row).some((address) => announced.has(address))) return true;
    if (kind === 'bridge') return portsOf(rows, row).some((port) => !CONTAINER_PORTS.has(port.linkinfo?.info_kind ?? ''));
    return kind === 'veth' && (row.addr_info ?? []).some(({ scope = '' }) => !LINK_SCOPES.has(scope));
  };
  const uplinks = rows.filter(isUplink);
  return {
    uplinks: uplinks.flatMap(({ ifname = '', ifindex }) =>
      ifindex !== undefined && PLAIN_NAME.test(ifname) ? [{ name: ifname, index: ifindex }] : [],
    ),
    addresses: [...new Set(rows.flatMap(addressesOf))],
    uplinkAddresses: uplinks.flatMap((row) => addressesOf({ ...row, addr_info: row.addr_info?.filter(isGlobal) })),
  };
}

/** Interfaces of default routes, from /proc/net/route and /proc/net/ipv6_route. */
export function defaultRoutesIn(ipv4: string, ipv6: string): string[] {
  const fields = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/));
  const ofIpv4 = fields(ipv4).filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000');
  const ofIpv6 = fields(ipv6).filter(([destination, prefix]) => /^0{32}$/.test(destination ?? '') && prefix === '00');
  const names = [...ofIpv4.map(([name = '']) => name), ...ofIpv6.map((line) => line.at(-1) ?? '')];
  return [...new Set(names)].filter((name) => name !== 'lo');
}

function isBridge(rows: readonly InterfaceRow[], name: string): boolean {
  return rows.find(({ ifname }) => ifname === name)?.linkinfo?.info_kind === 'bridge';
}

function portsOf(rows: readonly InterfaceRow[], { ifname }: InterfaceRow): InterfaceRow[] {
  return rows.filter(({ master }) => master === ifname);
}

function isGlobal({ scope = '' }: { readonly scope?: string }): boolean {
  return !LINK_SCOPES.has(scope);
}

function addressesOf({ addr_info = [] }: InterfaceRow): string[] {
  return addr_info.flatMap(({ local = '' }) => readAddress(local) ?? []);
}
