import { isIngressPort, protocolOf } from '../domain';
import { PortClaim, type PortConfig } from '../proto';
import { keys } from './keys';
import type { Guard, Write } from './object-store';

/**
 * What it takes that a service holds `after` in place of `before`: a published port on every node belongs to one service only. The
 * guards fail when another one has a port.
 */
export function claimsOfPorts(
  serviceId: string,
  before: readonly PortConfig[],
  after: readonly PortConfig[],
): { guards: Guard[]; writes: Write[] } {
  const [held, wanted] = [keysOf(before), keysOf(after)];
  const claimed = [...wanted].filter((key) => !held.has(key));
  return {
    guards: claimed.map((key) => ({ key, createRevision: 0 })),
    writes: [
      ...claimed.map((key): Write => ({ kind: 'put', key, value: PortClaim.encode({ serviceId }).finish() })),
      ...[...held].filter((key) => !wanted.has(key)).map((key): Write => ({ kind: 'delete', key })),
    ],
  };
}

function keysOf(ports: readonly PortConfig[]): Set<string> {
  const claimed = ports.filter((port) => isIngressPort(port) && port.publishedPort !== 0);
  return new Set(claimed.map((port) => keys.publishedPort(protocolOf(port), port.publishedPort)));
}
