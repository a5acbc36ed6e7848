import { forwardChanges, hasOwnersChain } from './forward-rules';
import { parseInterfaceName, type InterfaceName } from '#common/domain';
import { messageOf } from '#common/errors';
import { ignoreRefusal, runForced, type HostCommands } from '#common/packet-filter';
import { readLinkLines } from './kernel-state';
import { deviceCommands, lineChanges, linkLines, type KernelLines } from './link-lines';
import type { OverlayLink } from './overlay-link';

/** What routing between containers, hosts and callers needs of the kernel. */
const PARAMETERS: readonly (readonly [path: string, value: string])[] = [
  ['net/ipv4/ip_forward', '1'],
  // Answers that are bridged pass the translation of addresses on their way.
  ['net/bridge/bridge-nf-call-iptables', '1'],
  // What comes in by a bridge may go out by the same one; nobody is to be told of a shorter way.
  ['net/ipv4/conf/all/send_redirects', '0'],
  ['net/ipv4/conf/all/rp_filter', '0'],
];
const LINK_PARAMETERS: readonly (readonly [name: string, value: string])[] = [
  ['send_redirects', '0'],
  ['rp_filter', '0'],
  // Connections from the host itself, by way of 127.0.0.1.
  ['route_localnet', '1'],
];

/** The same for networks with IPv6. The engine turns forwarding on as soon as it has one. */
const IPV6_PARAMETERS: readonly (readonly [path: string, value: string])[] = [
  ['net/ipv6/conf/all/forwarding', '1'],
  ['net/bridge/bridge-nf-call-ip6tables', '1'],
];

/** What `ip -json -details link` prints of a bridge's port; any field may be missing. */
interface BridgePort {
  readonly ifname?: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_slave_data?: { readonly hairpin?: boolean } };
}

/** What is to be run so that a link has these lines. */
interface LinkChange {
  readonly link: OverlayLink;
  readonly lines: KernelLines;
  readonly commands: ReturnType<typeof lineChanges>;
}

/** What links cannot have, and why. */
export interface LinkTroubles {
  readonly unmade: Map<OverlayLink, string>;
  readonly incomplete: Map<OverlayLink, string>;
}

type ForwardedLink = Pick<OverlayLink, 'bridge' | 'ipv6'>;

/** Keeps the kernel's devices and entries of overlay networks; knows what it has applied, so that a change is one batch per tool. */
export class KernelLinks {
  private forwarded: readonly ForwardedLink[] = [];
  private forwarding: Promise<void> = Promise.resolve();
  private readonly applied = new Map<string, KernelLines>();
  private isPrepared = false;

  constructor(private readonly commands: HostCommands) {}

  /** Others may have changed the host: everything is looked at anew. */
  suspect(): void {
    this.isPrepared = false;
    this.applied.clear();
  }

  /** What all networks need, once. @throws DomainError UNAVAILABLE */
  async prepareHost(): Promise<void> {
    if (this.isPrepared) return;
    for (const [path, value] of PARAMETERS) await this.commands.setParameter(path, value);
    this.isPrepared = true;
  }

  /**
   * Lets connections to published ports, and answers, pass the engine's rules; not those of the host's owner, who may have changed theirs:
   * to be repeated now and then. @throws DomainError UNAVAILABLE
   */
  acceptForwarded(links: readonly ForwardedLink[]): Promise<void> {
    this.forwarded = links;
    return this.acceptForwardedAgain();
  }

  /** The same for the newest links. One after the other: a look at rules that others take away meanwhile would bring those back. */
  acceptForwardedAgain(): Promise<void> {
    this.forwarding = this.forwarding.catch(() => undefined).then(() => this.applyForwarded(this.forwarded));
    return this.forwarding;
  }

  private async applyForwarded(links: readonly ForwardedLink[]): Promise<void> {
    const bridges = links.map(({ bridge }) => bridge).sort();
    await this.acceptForwardedBy('iptables', bridges);
    const ipv6 = links.filter((link) => link.ipv6).map(({ bridge }) => bridge);
    await this.acceptForwardedBy('ip6tables', ipv6.sort()).catch(ignoreRefusal);
  }

  /**
   * Makes the links as they are to be, in one batch per tool; the engine's bridges are there. What one link cannot have is that link's
   * trouble alone.
   * @returns why, by link, of those that have no devices, and of those that lack an entry
   */
  async apply(links: readonly OverlayLink[]): Promise<LinkTroubles> {
    const troubles: LinkTroubles = { unmade: new Map(), incomplete: new Map() };
    const changes: LinkChange[] = [];
    for (const link of links) {
      try {
        const known = this.applied.get(link.bridge) ?? (await this.adopt(link));
        const lines = linkLines(link);
        changes.push({ link, lines, commands: lineChanges(known, lines) });
      } catch (error) {
        troubles.unmade.set(link, messageOf(error));
      }
    }
    try {
      await this.run(changes);
    } catch {
      // Whose fault it is shows when each is asked for by itself.
      for (const change of changes)
        await this.runAnew(change).catch((error: unknown) => troubles.incomplete.set(change.link, messageOf(error)));
    }
    return troubles;
  }

  /** The rest of a change that was run in part: what is done would fail a second time. @throws DomainError UNAVAILABLE */
  private async runAnew({ link, lines }: LinkChange): Promise<void> {
    await this.run([{ link, lines, commands: lineChanges(await this.adopt(link), lines) }]);
  }

  /**
   * Runs every command that the kernel takes, whatever becomes of the others.
   * @throws DomainError UNAVAILABLE the first failure, also of an entry that is gone or there already
   */
  private async run(changes: readonly LinkChange[]): Promise<void> {
    const failures: unknown[] = [];
    for (const { link } of changes) this.applied.delete(link.bridge);
    for (const tool of ['bridge', 'ip'] as const) {
      const commands = changes.flatMap((change) => change.commands[tool]);
      if (commands.length === 0) continue;
      const running = this.commands.run(tool, ['-force', '-batch', '-'], `${commands.join('\n')}\n`);
      await running.catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    for (const { link, lines } of changes) this.applied.set(link.bridge, lines);
  }

  /**
   * Lets frames leave by the port that they came in by: a task that calls its own service may be given itself. The engine makes a port
   * for each container, so this is to be repeated whenever one was started.
   * @returns devices of containers, by bridge. @throws DomainError UNAVAILABLE
   */
  async reflectPorts(links: readonly OverlayLink[]): Promise<ReadonlyMap<string, readonly string[]>> {
    if (links.length === 0) return new Map();
    const bridges = new Set<string>(links.map(({ bridge }) => bridge));
    const vxlans = new Set<string>(links.map(({ vxlan }) => vxlan));
    const slaves = (await this.read('ip', ['-details', 'link', 'show', 'type', 'bridge_slave'])) as readonly BridgePort[];
    const ports = slaves.filter(({ ifname = '', master = '' }) => bridges.has(master) && !vxlans.has(ifname));
    const others = ports.filter(({ linkinfo }) => linkinfo?.info_slave_data?.hairpin !== true);
    const wanted = others.flatMap(({ ifname = '' }) => parseInterfaceName(ifname) ?? []);
    if (wanted.length > 0) {
      const commands = wanted.map((device) => `link set dev ${device} type bridge_slave hairpin on`);
      // A container that ends meanwhile takes its port along.
      await runForced(this.commands, 'ip', commands);
    }
    const devicesOf = (bridge: string): string[] =>
      ports.filter(({ master }) => master === bridge).flatMap(({ ifname }) => ifname ?? []);
    return new Map([...bridges].map((bridge) => [bridge, devicesOf(bridge)]));
  }

  /** The engine has removed the bridge: its VXLAN goes too. */
  async forget(bridge: InterfaceName): Promise<void> {
    const known = this.applied.get(bridge);
    this.applied.delete(bridge);
    const rules = [...(known?.entries() ?? [])].filter(([key]) => key.startsWith('rule ') || key.startsWith('route '));
    const commands = [...rules.map(([, line]) => line.unset), `link del ${vxlanOf(bridge)}`];
    await runForced(this.commands, 'ip', commands);
  }

  /** Makes the devices, and finds out what the kernel knows of them: another agent may have been here before. */
  private async adopt(link: OverlayLink): Promise<KernelLines> {
    const [bridge] = (await this.read('ip', ['link', 'show', 'dev', link.bridge])) as { address?: string }[];
    const vxlans = await this.read('ip', ['link', 'show', 'dev', link.vxlan]);
    const commands = deviceCommands(link, { bridgeMac: bridge?.address, hasVxlan: vxlans.length > 0 });
    await this.commands.run('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
    if (link.ipv6) await this.prepareIpv6();
    for (const [name, value] of LINK_PARAMETERS) await this.commands.setParameter(`net/ipv4/conf/${link.bridge}/${name}`, value);
    return readLinkLines(link, (tool, args) => this.read(tool, args));
  }

  private async read(tool: 'ip' | 'bridge', args: readonly string[]): Promise<readonly unknown[]> {
    const output = await this.commands.run(tool, ['-json', ...args]).catch(() => '');
    return JSON.parse(output.trim() || '[]') as unknown[];
  }

  private async prepareIpv6(): Promise<void> {
    for (const [path, value] of IPV6_PARAMETERS) await this.commands.setParameter(path, value);
  }

  private async acceptForwardedBy(tool: 'iptables' | 'ip6tables', bridges: readonly string[]): Promise<void> {
    const listing = await this.commands.run(tool, ['-w', '-S']);
    // Engines before 27 have no rules of IPv6 that refuse anything, and no chain of the owner's to stand behind.
    if (tool === 'ip6tables' && !hasOwnersChain(listing) && bridges.length > 0) return;
    const changes = forwardChanges(listing, bridges);
    if (changes !== undefined) await this.commands.run(`${tool}-restore`, ['-w', '--noflush'], changes);
  }
}

/** Name of the VXLAN that belongs to a bridge. */
export function vxlanOf(bridge: InterfaceName): InterfaceName {
  return bridge.replace(/^sc/, 'vx') as InterfaceName;
}
