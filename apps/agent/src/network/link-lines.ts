import { isIpv6, VXLAN_PORT, type InterfaceName, type IpAddress, type Ipv4Address, type Mac } from '#common/domain';
import type { OverlayLink, Peer } from './overlay-link';

/** A tool that takes many commands at once. */
export type BatchTool = 'ip' | 'bridge';

/** One entry of the kernel's: the command that makes it, whether it is there or not, and the one that removes it. */
export interface KernelLine {
  readonly tool: BatchTool;
  readonly set: string;
  readonly unset: string;
}

/** Entries by what they are about, so that another value for the same thing replaces the first. */
export type KernelLines = Map<string, KernelLine>;

/** Numbers under which connections remember through which node they came, and by which their answers find the way back. */
export const RETURN_MARK = 0x5c00_0000;
export const RETURN_MARK_MASK = 0xff00_0000;
/** After the local table, before the main one. */
const RETURN_RULE_PRIORITY = 23_552;

/** The mark of connections that came through the node. */
export function returnMark({ number }: Pick<Peer, 'number'>): number {
  return RETURN_MARK | number;
}

/**
 * The address that the node gives callers on the way to a node that cannot send answers back: of 198.18.0.0/16, which nobody else has
 * (RFC 2544).
 */
export function returnAddress({ number }: Pick<Peer, 'number'>): Ipv4Address {
  return `198.18.${(number >> 8) & 0xff}.${number & 0xff}` as Ipv4Address;
}

/**
 * All that the kernel has to know of a link's neighbours. Nothing is flooded or learned, so what is not here cannot be reached.
 */
export function linkLines(link: OverlayLink): KernelLines {
  const { bridge, vxlan, peers, remotes } = link;
  const lines: KernelLines = new Map();
  for (const address of link.virtualAddresses) putAddress(lines, bridge, address);
  for (const { mac, tunnel } of [...remotes, ...peers]) {
    putTunnel(lines, vxlan, { mac, tunnel });
    putPort(lines, vxlan, mac);
  }
  for (const { address, mac } of remotes) putNeighbour(lines, vxlan, { address, mac });
  if (link.isIngress) putWaysBack(lines, link);
  return lines;
}

/** How answers to callers of published ports get to the node that was called. */
function putWaysBack(lines: KernelLines, link: OverlayLink): void {
  const { bridge, peers } = link;
  if (peers.some(({ isMasqueraded }) => isMasqueraded)) putAddress(lines, bridge, returnAddress(link));
  for (const peer of peers) {
    const { address, mac } = peer;
    if (link.isMasqueraded) {
      putNeighbour(lines, bridge, { address: returnAddress(peer), mac });
      putHostRoute(lines, bridge, returnAddress(peer));
      continue;
    }
    putNeighbour(lines, bridge, { address, mac });
    putReturnRoute(lines, bridge, { mark: returnMark(peer), address });
    putReturnRule(lines, returnMark(peer));
  }
}

/** A virtual address is the host's own, so that the host answers for it. */
export function putAddress(lines: KernelLines, dev: InterfaceName, address: IpAddress): void {
  const entry = `${address}/${isIpv6(address) ? 128 : 32} dev ${dev}`;
  // Every host has it: nobody is to find out that another has it too.
  const options = isIpv6(address) ? ' nodad' : '';
  lines.set(`address ${entry}`, { tool: 'ip', set: `address replace ${entry}${options}`, unset: `address del ${entry}` });
}

/** Frames for the hardware address go to the node. */
export function putTunnel(lines: KernelLines, dev: InterfaceName, { mac, tunnel }: { mac: Mac; tunnel: IpAddress }): void {
  const entry = `${mac} dev ${dev} dst ${tunnel} self`;
  lines.set(`tunnel ${mac} ${dev}`, { tool: 'bridge', set: `fdb replace ${entry} permanent`, unset: `fdb del ${entry}` });
}

/** Frames for the hardware address leave the bridge by the VXLAN only. */
export function putPort(lines: KernelLines, dev: InterfaceName, mac: Mac): void {
  const entry = `${mac} dev ${dev} master`;
  lines.set(`port ${mac} ${dev}`, { tool: 'bridge', set: `fdb replace ${entry} static`, unset: `fdb del ${entry}` });
}

/** The device answers for the address, and the host finds it there. */
export function putNeighbour(lines: KernelLines, dev: InterfaceName, { address, mac }: { address: IpAddress; mac: Mac }): void {
  lines.set(`neighbour ${address} ${dev}`, {
    tool: 'ip',
    set: `neigh replace ${address} lladdr ${mac} dev ${dev} nud permanent`,
    unset: `neigh del ${address} dev ${dev}`,
  });
}

/** The way back to the node that was called: over its bridge. Its address between hosts stands for it; nobody is asked for that. */
function putReturnRoute(lines: KernelLines, dev: InterfaceName, { mark, address }: { mark: number; address: Ipv4Address }): void {
  lines.set(`route ${mark}`, {
    tool: 'ip',
    set: `route replace default via ${address} dev ${dev} onlink table ${mark}`,
    unset: `route flush table ${mark}`,
  });
}

function putHostRoute(lines: KernelLines, dev: InterfaceName, address: Ipv4Address): void {
  lines.set(`route ${address}`, {
    tool: 'ip',
    set: `route replace ${address}/32 dev ${dev}`,
    unset: `route del ${address}/32 dev ${dev}`,
  });
}

/** Answers that are marked with the node's number take its route. */
export function putReturnRule(lines: KernelLines, mark: number): void {
  const rule = `fwmark ${mark} lookup ${mark} priority ${RETURN_RULE_PRIORITY}`;
  lines.set(`rule ${mark}`, { tool: 'ip', set: `rule add ${rule}`, unset: `rule del ${rule}` });
}

/** Commands after which the kernel has `wanted` in place of `applied`. */
export function lineChanges(applied: KernelLines, wanted: KernelLines): Record<BatchTool, string[]> {
  const commands: Record<BatchTool, string[]> = { ip: [], bridge: [] };
  for (const [key, line] of applied) if (!wanted.has(key)) commands[line.tool].push(line.unset);
  for (const [key, line] of wanted) if (applied.get(key)?.set !== line.set) commands[line.tool].push(line.set);
  return commands;
}

/** What is known of a link's devices; undefined for one that is not there. */
export interface KnownDevices {
  readonly bridgeMac: string | undefined;
  readonly hasVxlan: boolean;
}

/**
 * Commands that make the link's VXLAN, if it is not there, and its devices what they have to be; the bridge is the engine's. A
 * bridge that has its address already is left alone: to set it again makes the kernel forget its neighbours.
 */
export function deviceCommands(link: OverlayLink, { bridgeMac, hasVxlan }: KnownDevices): string[] {
  const { bridge, vxlan, vxlanId, mac, mtu, localTunnel } = link;
  const create = `link add ${vxlan} type vxlan id ${vxlanId} dstport ${VXLAN_PORT} local ${localTunnel} proxy nolearning`;
  return [
    ...(hasVxlan ? [] : [create]),
    ...(bridgeMac === mac ? [] : [`link set ${bridge} address ${mac}`]),
    `link set ${vxlan} mtu ${mtu} master ${bridge} up`,
    `link set ${vxlan} type bridge_slave learning off`,
  ];
}
