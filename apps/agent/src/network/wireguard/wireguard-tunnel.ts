import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireCommandText, TUNNELLED_VXLAN_OVERHEAD_BYTES } from '#common/domain';
import { DomainError, messageOf } from '#common/errors';
import { ignoreRefusal, runForced, type HostCommands } from '#common/packet-filter';
import type { NetworkState } from '../network-state';
import type { HostIdentity, OverlayLink } from '../overlay-link';
import { NO_SEAL_RULES, removalCommands, toSealRules, toWireguardConfig, tunnelCommands, tunnelDevice } from './wireguard-config';
import type { WireguardKeys } from './wireguard-keys';

/** The least that WireGuard's own tools give a tunnel; more when a network was given a larger MTU. */
const LEAST_MTU_BYTES = 1_420;

/** What a tunnel is made of. */
export interface TunnelParts {
  readonly host: HostIdentity;
  readonly commands: HostCommands;
  readonly keys: WireguardKeys;
  readonly dataDir: string;
}

/**
 * The host's one WireGuard tunnel to all other nodes, which encrypted networks' VXLANs go through. There while the host has such
 * networks; it goes on without the agent.
 */
export class WireguardTunnel {
  readonly device: string;
  private readonly configFile: string;
  private config: string | undefined;
  private mtu = 0;
  private ownKey = '';
  /** Also of what an agent before this one has made. */
  private isRemoved = false;

  constructor(private readonly parts: TunnelParts) {
    this.device = tunnelDevice(parts.host.nodeId);
    this.configFile = join(parts.dataDir, 'wireguard.conf');
  }

  /** Others may have changed the host: everything is looked at anew. */
  suspect(): void {
    this.config = undefined;
  }

  /** Makes the tunnel what these links, the encrypted ones, need. @throws DomainError UNAVAILABLE */
  async apply(state: NetworkState, encrypted: readonly OverlayLink[]): Promise<void> {
    const mtu = Math.max(LEAST_MTU_BYTES, ...encrypted.map((link) => link.mtu + TUNNELLED_VXLAN_OVERHEAD_BYTES));
    const { host, keys, commands } = this.parts;
    const { privateKey, publicKey } = keys.ring.current;
    const config = toWireguardConfig(privateKey, state, host);
    const isMade = this.config !== undefined && this.mtu === mtu && (await this.isThere());
    if (isMade && this.config === config) return;
    this.config = undefined;
    this.isRemoved = false;
    if (!isMade) await this.ensureDevice();
    // Its text goes by a file, past the gate of all the others.
    requireCommandText('wg', [], config);
    await writeFile(this.configFile, config, { mode: 0o600 });
    await commands.run('wg', ['syncconf', this.device, this.configFile]);
    if (!isMade) await commands.run('ip', ['-batch', '-'], `${tunnelCommands(this.device, host.nodeId, mtu).join('\n')}\n`);
    this.config = config;
    this.mtu = mtu;
    this.ownKey = publicKey;
  }

  /** Whether the tunnel has this public key. */
  isUsing(publicKey: string): boolean {
    return this.ownKey === publicKey;
  }

  /** Whether the kernel has the device still: the program behind it may have been killed. */
  async isThere(): Promise<boolean> {
    const devices = await readFile('/proc/net/dev', 'utf8');
    return devices.split('\n').some((line) => line.trimStart().startsWith(`${this.device}:`));
  }

  /** Leaves nothing of it. No encrypted network may be left. */
  async remove(): Promise<void> {
    if (this.isRemoved) return;
    this.config = undefined;
    // What is not there cannot be removed.
    const { commands } = this.parts;
    await runForced(commands, 'ip', removalCommands(this.device));
    await commands.run('nft', ['-f', '-'], NO_SEAL_RULES).catch(ignoreRefusal);
    this.isRemoved = true;
  }

  private async ensureDevice(): Promise<void> {
    const { commands } = this.parts;
    // Before there is anything to be kept inside.
    await commands.run('nft', ['-f', '-'], toSealRules(this.device));
    if (!(await this.isThere())) await this.makeDevice();
    await commands.setParameter(`net/ipv6/conf/${this.device}/disable_ipv6`, '0');
  }

  /** The kernel's own, else the program that does the same. */
  private async makeDevice(): Promise<void> {
    const { commands } = this.parts;
    try {
      await commands.run('ip', ['link', 'add', this.device, 'type', 'wireguard']);
    } catch (kernel) {
      await commands.run('wireguard-go', [this.device]).catch((cause: unknown) => {
        throw new DomainError('UNAVAILABLE', `${messageOf(kernel)}; ${messageOf(cause)}`, { cause });
      });
    }
  }
}
