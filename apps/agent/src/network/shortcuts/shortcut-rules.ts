import { parseInterfaceName, type InterfaceName, type Mac } from '#common/domain';
import type { OverlayLink } from '../overlay-link';

/** A local container's port on the link's bridge. */
export interface ContainerPort {
  readonly mac: Mac;
  readonly device: InterfaceName;
}

/** On packets whose destination this host has translated, from its filter to the VXLAN. */
export const TRANSLATED_MARK = 0x5d00_0000;
/** As long as the kernel remembers a connection of TCP that is silent (nf_conntrack_tcp_timeout_established). */
const REMEMBERED = '5d';
/** Pairs of a caller here and a task elsewhere, per network. */
const MOST_PAIRS = 65_535;

const FAMILIES = [
  { set: 'translated', type: 'ipv4_addr', word: 'ip' },
  { set: 'translated6', type: 'ipv6_addr', word: 'ip6' },
] as const;

/** The link's table. It lasts as long as the link, since it remembers. */
export function shortcutTable({ vxlan }: Pick<OverlayLink, 'vxlan'>): string {
  return `netdev swarmctl-${vxlan}`;
}

const PORT_CHAIN = 'sent-';

/** Devices that have a chain in a table, by what `nft list table` prints of it. */
export function devicesIn(table: string): InterfaceName[] {
  return [...table.matchAll(/chain sent-(\S+) \{/g)].flatMap(([, device = '']) => parseInterfaceName(device) ?? []);
}

/** Packets of TCP connections that have begun: the beginning is for the filter to see, and to refuse. */
const GOING_ON = 'tcp flags & syn == 0';

/**
 * Packets of TCP connections between containers of different hosts go from the container's port to the VXLAN and back, past the bridge and
 * the host's packet filter, which would cost a third of what they carry; only what opens a connection passes it. Answers to connections that this host has translated (to a virtual address) need
 * the filter: who is called so is remembered when the translated packet, which the host's rules have marked, leaves by the VXLAN. From
 * then on the filter sees all that the two say to each other, and can tell their connections apart.
 * @param ports of local containers; those that are missing are reached by the bridge
 * @returns a script for `nft -f`; what is remembered stays
 */
export function toShortcuts(link: OverlayLink, ports: readonly ContainerPort[]): string {
  const table = shortcutTable(link);
  const { vxlan } = link;
  const isTranslated = `meta mark 0x${TRANSLATED_MARK.toString(16)}`;
  const remote = [...new Set(link.remotes.map(({ mac }) => mac))];
  const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
    `add chain ${table} ${name}${hook && ` { type filter hook ${hook} priority 0; }`}`,
    `flush chain ${table} ${name}`,
    ...rules.map((rule) => `add rule ${table} ${name} ${rule}`),
  ];
  const devices = new Set(ports.map(({ device }) => device));
  const lines = [
    `add table ${table}`,
    ...FAMILIES.map(
      ({ set, type }) =>
        `add set ${table} ${set} { type ${type} . ${type}; flags dynamic,timeout; timeout ${REMEMBERED}; size ${MOST_PAIRS}; }`,
    ),
    `add map ${table} local { type ether_addr : iface_index; }`,
    `flush map ${table} local`,
    ...(ports.length > 0
      ? [`add element ${table} local { ${ports.map((port) => `${port.mac} : "${port.device}"`).join(', ')} }`]
      : []),
    ...chain('leaving', `egress device "${vxlan}"`, [
      ...FAMILIES.map(({ set, word }) => `${isTranslated} update @${set} { ${word} daddr . ${word} saddr }`),
      // It would ride on the packet of the VXLAN.
      `${isTranslated} meta mark set 0`,
    ]),
    ...chain('arriving', `ingress device "${vxlan}"`, [
      ...FAMILIES.map(({ set, word }) => `${word} saddr . ${word} daddr @${set} accept`),
      `${GOING_ON} fwd to ether daddr map @local`,
    ]),
    ...chain('sent', '', [
      ...FAMILIES.map(({ set, word }) => `${word} daddr . ${word} saddr @${set} accept`),
      ...(remote.length > 0 ? [`${GOING_ON} ether daddr { ${remote.join(', ')} } fwd to "${vxlan}"`] : []),
    ]),
    ...[...devices].flatMap((device) => chain(`${PORT_CHAIN}${device}`, `ingress device "${device}"`, ['jump sent'])),
  ];
  return `${lines.join('\n')}\n`;
}

/** A script that takes devices' chains away. The kernel may have done so along with a device: what is added first can be deleted. */
export function withoutDevices(link: Pick<OverlayLink, 'vxlan'>, devices: readonly InterfaceName[]): string {
  const table = shortcutTable(link);
  const chains = devices.map((device) => `${table} ${PORT_CHAIN}${device}`);
  return chains.map((chain) => `add chain ${chain}\ndelete chain ${chain}\n`).join('');
}

/** A script that leaves nothing of a link's shortcuts. */
export function noShortcuts(link: Pick<OverlayLink, 'vxlan'>): string {
  const table = shortcutTable(link);
  return `add table ${table}\ndelete table ${table}\n`;
}

/** Chains like those of the shortcuts, made and removed in one transaction: the kernel takes them or says why not. */
export function shortcutProbe({ vxlan }: Pick<OverlayLink, 'vxlan'>): string {
  const table = 'netdev swarmctl-probe';
  const chain = (hook: string): string =>
    `  chain probe_${hook} { type filter hook ${hook} device "${vxlan}" priority 0; fwd to "${vxlan}"; }`;
  return [`table ${table} {`, chain('ingress'), chain('egress'), '}', `delete table ${table}`, ''].join('\n');
}
