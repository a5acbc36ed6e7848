import { isIpv4Address, macOfAddress, parseInterfaceName, type InterfaceName, type Ipv4Address, type Mac } from '#common/domain';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { ignoreRefusal, runForced, type HostCommands } from '#common/packet-filter';
import type { NetworkState } from '../network-state';
import type { OverlayLink } from '../overlay-link';
import {
  devicesIn,
  noShortcuts,
  shortcutProbe,
  shortcutTable,
  toShortcuts,
  withoutDevices,
  type ContainerPort,
} from './shortcut-rules';

/** A container that does not tell where it is goes by the bridge, as before. */
const MOST_LOOKS = 5;

/** A task of this host that takes connections, at its place on one network. */
interface LocalAddress {
  readonly address: Ipv4Address;
  readonly mac: Mac;
}

/** What the kernel has of a link. */
interface Applied {
  readonly script: string;
  readonly devices: readonly InterfaceName[];
}

/** What `bridge -json fdb` prints, as far as it is looked at. */
interface ForwardingRow {
  readonly mac?: string;
  readonly ifname?: string;
}

/** Keeps the ways past the bridge (see `toShortcuts`); without them everything works, only slower. */
export class Shortcuts {
  /** What the kernel was given, by VXLAN. */
  private readonly applied = new Map<string, Applied>();
  /** Hardware addresses by port, by bridge. */
  private readonly found = new Map<string, Map<string, InterfaceName>>();
  private isPossible: boolean | undefined;
  private looks = 0;

  constructor(
    private readonly nodeId: string,
    private readonly commands: HostCommands,
    private readonly logger: Logger,
  ) {}

  /** Others may have changed the host: everything is looked at anew. */
  suspect(): void {
    this.applied.clear();
  }

  /**
   * Makes the shortcuts that the links' containers can have now.
   * @param ports devices of containers by bridge, when they were looked at again
   * @returns whether a container has yet to be found
   * @throws DomainError UNAVAILABLE of the first link that cannot have them; the others have
   */
  async apply(
    state: NetworkState,
    links: readonly OverlayLink[],
    ports?: ReadonlyMap<string, readonly string[]>,
  ): Promise<boolean> {
    // Callers of published ports need the host's filter on every way.
    const direct = links.filter(({ isIngress }) => !isIngress);
    if (direct.length === 0 || !(await this.arePossible(direct))) return false;
    if (ports) this.looks = 0;
    let isMissing = false;
    const failures: unknown[] = [];
    for (const link of direct) {
      if (ports) this.forgetOldPorts(link, ports.get(link.bridge) ?? []);
      const local = localAddresses(link, state, this.nodeId);
      try {
        if (this.looks < MOST_LOOKS) await this.find(link, local);
        isMissing ||= this.missing(link, local).length > 0;
        await this.give(link, local);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    if (isMissing) this.looks++;
    return isMissing && this.looks < MOST_LOOKS;
  }

  /** The link is gone. */
  async forget(link: Pick<OverlayLink, 'bridge' | 'vxlan'>): Promise<void> {
    this.found.delete(link.bridge);
    this.applied.delete(link.vxlan);
    await this.commands.run('nft', ['-f', '-'], noShortcuts(link)).catch(ignoreRefusal);
  }

  private async arePossible([link]: readonly OverlayLink[]): Promise<boolean> {
    if (this.isPossible === undefined && link) {
      this.isPossible = await this.commands.run('nft', ['-f', '-'], shortcutProbe(link)).then(
        () => true,
        (error: unknown) => {
          this.logger.warn(
            { reason: messageOf(error) },
            'containers of other hosts are reached by way of the bridge, which is slower',
          );
          return false;
        },
      );
    }
    return this.isPossible ?? false;
  }

  private forgetOldPorts({ bridge }: OverlayLink, devices: readonly string[]): void {
    const present = new Set(devices);
    const known = this.found.get(bridge) ?? new Map<string, InterfaceName>();
    this.found.set(bridge, new Map([...known].filter(([, device]) => present.has(device))));
  }

  private missing({ bridge }: OverlayLink, local: readonly LocalAddress[]): LocalAddress[] {
    const known = this.found.get(bridge);
    return local.filter(({ mac }) => !known?.has(mac));
  }

  /** Asks containers where they are, by ARP: their answers tell the bridge, which is asked then. */
  private async find(link: OverlayLink, local: readonly LocalAddress[]): Promise<void> {
    const missing = this.missing(link, local);
    if (missing.length === 0) return;
    const { bridge, vxlan } = link;
    const questions = missing.map(({ address, mac }) => `neigh replace ${address} lladdr ${mac} dev ${bridge} nud probe`);
    await runForced(this.commands, 'ip', questions);
    const rows = JSON.parse(
      (await this.commands.run('bridge', ['-json', 'fdb', 'show', 'br', bridge])) || '[]',
    ) as ForwardingRow[];
    const ports = new Map(rows.filter(({ ifname }) => ifname !== vxlan && ifname !== bridge).map((row) => [row.mac, row.ifname]));
    const known = this.found.get(bridge) ?? new Map<string, InterfaceName>();
    const fixed: string[] = [];
    for (const { mac } of missing) {
      const device = parseInterfaceName(ports.get(mac) ?? '');
      if (device === undefined) continue;
      known.set(mac, device);
      // The bridge sees hardly anything of it any more, and would forget it.
      fixed.push(`fdb replace ${mac} dev ${device} master static`);
    }
    this.found.set(bridge, known);
    if (fixed.length > 0) await runForced(this.commands, 'bridge', fixed);
  }

  private async give(link: OverlayLink, local: readonly LocalAddress[]): Promise<void> {
    const known = this.found.get(link.bridge);
    const ports = local.flatMap(({ mac }): ContainerPort[] => {
      const device = known?.get(mac);
      return device === undefined ? [] : [{ mac, device }];
    });
    // A hardware address is at one port.
    const script = toShortcuts(link, [...new Map(ports.map((port) => [port.mac, port])).values()]);
    const before = this.applied.get(link.vxlan);
    if (before?.script === script) return;
    this.applied.delete(link.vxlan);
    const devices = ports.map(({ device }) => device);
    const gone = (before?.devices ?? (await this.formerDevices(link))).filter((device) => !devices.includes(device));
    try {
      await this.commands.run('nft', ['-f', '-'], script + withoutDevices(link, gone));
      this.applied.set(link.vxlan, { script, devices });
    } catch (error) {
      // A container that has just ended takes its port along; the others are looked at again.
      this.found.delete(link.bridge);
      throw error;
    }
  }

  /** Those of an agent before this one. */
  private async formerDevices(link: OverlayLink): Promise<InterfaceName[]> {
    const table = await this.commands.run('nft', ['list', 'table', ...shortcutTable(link).split(' ')]).catch(() => '');
    return devicesIn(table);
  }
}

function localAddresses({ networkId }: OverlayLink, { endpoints }: NetworkState, nodeId: string): LocalAddress[] {
  const local = [...endpoints.values()].filter((endpoint) => endpoint.nodeId === nodeId && endpoint.serving);
  return local.flatMap(({ addresses }) =>
    addresses
      .filter((each) => each.networkId === networkId)
      .map(({ address }) => address)
      .filter(isIpv4Address)
      .map((address) => ({ address, mac: macOfAddress(address) })),
  );
}
