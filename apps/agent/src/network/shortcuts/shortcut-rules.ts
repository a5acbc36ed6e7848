import type { OverlayLink } from '../overlay-link';

/** A local container's port on the link's bridge. */
export interface ContainerPort {
  readonly mac: string;
  readonly device: string;
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

/** Lasts as long as the link: it remembers. */
function memoryTable({ vxlan }: Pick<OverlayLink, 'vxlan'>): string {
  return `netdev swarmctl-${vxlan}`;
}

/** Replaced as a whole. */
function portsTable({ vxlan }: Pick<OverlayLink, 'vxlan'>): string {
  return `netdev swarmctl-${vxlan}-ports`;
}

/**
 * Frames between containers of different hosts go from the container's port to the VXLAN and back, past the bridge and the host's packet
 * filter, which would cost a third of what they carry. Answers to connections that this host has translated (to a virtual address) need
 * the filter: who is called so is remembered when the translated packet, which the host's rules have marked, leaves by the VXLAN.
 * @param ports of local containers; those that are missing are reached by the bridge
 * @returns a script for `nft -f`; what is remembered stays
 */
export function toShortcuts(link: OverlayLink, ports: readonly ContainerPort[]): string {
  const { vxlan } = link;
  const isTranslated = `meta mark 0x${TRANSLATED_MARK.toString(16)}`;
  const memory = memoryTable(link);
  const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
    `add chain ${memory} ${name} { type filter hook ${hook} device "${vxlan}" priority 0; }`,
    `flush chain ${memory} ${name}`,
    ...rules.map((rule) => `add rule ${memory} ${name} ${rule}`),
  ];
  const lines = [
    `add table ${memory}`,
    ...FAMILIES.map(
      ({ set, type }) =>
        `add set ${memory} ${set} { type ${type} . ${type}; flags dynamic,timeout; timeout ${REMEMBERED}; size ${MOST_PAIRS}; }`,
    ),
    `add map ${memory} local { type ether_addr : iface_index; }`,
    `flush map ${memory} local`,
    ...(ports.length > 0
      ? [`add element ${memory} local { ${ports.map((port) => `${port.mac} : "${port.device}"`).join(', ')} }`]
      : []),
    ...chain('leaving', 'egress', [
      ...FAMILIES.map(({ set, word }) => `${isTranslated} update @${set} { ${word} daddr . ${word} saddr }`),
      // It would ride on the packet of the VXLAN.
      `${isTranslated} meta mark set 0`,
    ]),
    ...chain('arriving', 'ingress', [
      ...FAMILIES.map(({ set, word }) => `${word} saddr . ${word} daddr @${set} accept`),
      'meta protocol { ip, ip6 } fwd to ether daddr map @local',
    ]),
    ...portRules(link, ports),
  ];
  return `${lines.join('\n')}\n`;
}

/** What containers send to others elsewhere. */
function portRules(link: OverlayLink, ports: readonly ContainerPort[]): string[] {
  const table = portsTable(link);
  const remote = [...new Set(link.remotes.map(({ mac }) => mac))];
  const removal = [`add table ${table}`, `delete table ${table}`];
  if (ports.length === 0 || remote.length === 0) return removal;
  const devices = ports.map(({ device }) => `"${device}"`).join(', ');
  return [
    ...removal,
    `table ${table} {`,
    '  chain sent {',
    `    type filter hook ingress devices = { ${devices} } priority 0;`,
    `    ether daddr { ${remote.join(', ')} } fwd to "${link.vxlan}"`,
    '  }',
    '}',
  ];
}

/** A script that leaves nothing of a link's shortcuts. */
export function noShortcuts(link: Pick<OverlayLink, 'vxlan'>): string {
  const tables = [memoryTable(link), portsTable(link)];
  return tables.map((table) => `add table ${table}\ndelete table ${table}\n`).join('');
}

/** Chains like those of the shortcuts, made and removed in one transaction: the kernel takes them or says why not. */
export function shortcutProbe({ vxlan }: Pick<OverlayLink, 'vxlan'>): string {
  const table = 'netdev swarmctl-probe';
  const chain = (hook: string): string =>
    `  chain ${hook} { type filter hook ${hook} device "${vxlan}" priority 0; fwd to "${vxlan}"; }`;
  return [`table ${table} {`, chain('ingress'), chain('egress'), '}', `delete table ${table}`, ''].join('\n');
}
