import { DomainError } from '#common/errors';

/** Where to listen: a unix socket or a TCP port. */
export type ListenAddress = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number };

const UNIX = /^unix:\/\/(\/.+)$/;
const TCP = /^tcp:\/\/(?:\[([0-9a-fA-F:]+)\]|([^:/[\]]+)):(\d{1,5})$/;
const MAX_PORT = 65_535;

/** Reads `unix:///path` or `tcp://host:port` (an IPv6 host in brackets). @throws DomainError INVALID_ARGUMENT */
export function parseListenAddress(text: string): ListenAddress {
  const path = UNIX.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, ipv6, name, port] = TCP.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > MAX_PORT) {
    throw new DomainError('INVALID_ARGUMENT', `cannot listen on '${text}': want unix:///path/to.sock or tcp://host:port`);
  }
  return { kind: 'tcp', host, port: Number(port) };
}
