import type { Logger } from '#common/logging';
import type { HostCommands } from '#common/packet-filter';
import type { DnsServer } from '../dns/dns-server';
import type { OverlayEngine } from '../executor/overlay-engine';
import type { NetworkState } from './network-state';
import type { HostIdentity } from './overlay-link';
import type { PortProxies } from './proxy/port-proxies';
import type { StateFile } from './state-file';
import type { WireguardTunnel } from './wireguard/wireguard-tunnel';

/** What makes a host's networks. */
export interface HostNetworkParts {
  readonly host: HostIdentity;
  readonly engine: OverlayEngine;
  readonly commands: HostCommands;
  readonly tunnel: WireguardTunnel;
  readonly proxies: PortProxies;
  readonly names: Pick<DnsServer, 'follow' | 'close'>;
  readonly file: StateFile;
  /** Interfaces by which other hosts come in, as of now. */
  readonly uplinks: () => readonly string[];
  /** Takes note of a newer state. Resolves when the host's base rules follow from it. */
  readonly told: (state: NetworkState) => Promise<void>;
  /** Hears that what cannot be had is something else now. */
  readonly onProblems: () => void;
  readonly logger: Logger;
}
