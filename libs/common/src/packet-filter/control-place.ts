import { formatAddress, readIpNetwork } from '../domain';

/** Where a part of the control plane takes TCP connections. */
export interface ControlPlace {
  /** An address, `0.0.0.0` and `::` for all of this host's own; or a host's name. */
  readonly host: string;
  readonly port: number;
  /** Whether processes of other users on this host may connect: the API and metrics, not what agents, managers and etcd say. */
  readonly isOpenToUsers: boolean;
  /** Whether this program answers for who connects here from other hosts, where the place is on its own host. */
  readonly isGuarded: boolean;
}

const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/;
const HOST_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,251}[a-zA-Z0-9.])?$/;
const MAX_PORT = 65_535;

/** Reads `host:port`, an IPv6 address in brackets; undefined for anything else. Addresses come back in their shortest form. */
export function readHostPort(text: string): Pick<ControlPlace, 'host' | 'port'> | undefined {
  const [, ipv6, name = '', digits = ''] = HOST_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port < 1 || port > MAX_PORT) return undefined;
  const written = ipv6 ?? name;
  const host = readAddress(written) ?? (ipv6 === undefined && HOST_NAME.test(name) ? name.toLowerCase() : undefined);
  return host === undefined ? undefined : { host, port };
}

/** `host:port` as `readHostPort` reads it. */
export function writeHostPort({ host, port }: Pick<ControlPlace, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address of either kind in its shortest form; undefined for anything else. */
export function readAddress(text: string): string | undefined {
  const network = text.includes('/') ? undefined : readIpNetwork(text);
  return network && formatAddress(network.bits, network.width);
}
