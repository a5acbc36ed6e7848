import { isIpv6, parseIpAddress, parseMac } from '#common/domain';
import {
  putAddress,
  putNeighbour,
  putPort,
  putReturnRule,
  putTunnel,
  RETURN_MARK,
  RETURN_MARK_MASK,
  type KernelLines,
} from './link-lines';
import type { OverlayLink } from './overlay-link';

/** What `ip -json` and `bridge -json` print, as far as it is looked at; any field may be missing. */
interface Row {
  readonly ifname?: string;
  readonly mac?: string;
  readonly dst?: string;
  readonly lladdr?: string;
  readonly state?: string | readonly string[];
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly fwmark?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Runs a tool that prints JSON; an empty list when it fails, as for a device that is not there. */
export type ReadRows = (tool: 'ip' | 'bridge', args: readonly string[]) => Promise<readonly unknown[]>;

/**
 * The entries of a link that the kernel has already: an agent that starts anew goes on from them, and removes what is outdated, without
 * taking away what connections are using.
 */
export async function readLinkLines(
  { bridge, vxlan, isIngress, gateway, ipv6 }: OverlayLink,
  read: ReadRows,
): Promise<KernelLines> {
  const lines: KernelLines = new Map();
  const rows = async (tool: 'ip' | 'bridge', ...args: string[]): Promise<readonly Row[]> =>
    (await read(tool, args)) as readonly Row[];
  for (const { addr_info: addresses = [] } of await rows('ip', 'address', 'show', 'dev', bridge))
    for (const { local: text = '', prefixlen } of addresses) {
      const local = parseIpAddress(text);
      if (local && local !== gateway && local !== ipv6?.gateway && prefixlen === (isIpv6(local) ? 128 : 32))
        putAddress(lines, bridge, local);
    }
  for (const { mac: text = '', dst = '', master, state } of await rows('bridge', 'fdb', 'show', 'dev', vxlan)) {
    const [mac, tunnel] = [parseMac(text), parseIpAddress(dst)];
    if (!mac) continue;
    if (tunnel) putTunnel(lines, vxlan, { mac, tunnel });
    else if (master && state === 'static') putPort(lines, vxlan, mac);
  }
  for (const dev of isIngress ? [vxlan, bridge] : [vxlan])
    for (const { dst = '', lladdr = '' } of await rows('ip', 'neigh', 'show', 'dev', dev, 'nud', 'permanent')) {
      const [address, mac] = [parseIpAddress(dst), parseMac(lladdr)];
      // Not those of multicast, which are no address of a host.
      if (address && mac) putNeighbour(lines, dev, { address, mac });
    }
  if (!isIngress) return lines;
  for (const { fwmark } of await rows('ip', 'rule', 'show')) {
    const mark = Number(fwmark);
    if ((mark & RETURN_MARK_MASK) >>> 0 === RETURN_MARK) putReturnRule(lines, mark);
  }
  return lines;
}
