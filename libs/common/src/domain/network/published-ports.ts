import { DomainError } from '../../errors';
import type { EndpointSpec, PortConfig } from '../../proto';

/** Ports that are chosen for those who name none, as in Docker. */
const DYNAMIC_PORTS = { first: 30_000, last: 32_767 } as const;

const PROTOCOLS = ['tcp', 'udp', 'sctp'];

/** Whether the port is published on every node. One of a mode or protocol that is not known is published nowhere. */
export function isIngressPort(port: PortConfig): boolean {
  return (port.publishMode === '' || port.publishMode === 'ingress') && PROTOCOLS.includes(protocolOf(port));
}

/** Whether any of the ports is published on every node. */
export function publishesOnEveryNode(endpoint: { readonly ports: readonly PortConfig[] } | undefined): boolean {
  return endpoint?.ports.some(isIngressPort) ?? false;
}

/** The protocol that the port means when it names none. */
export function protocolOf({ protocol }: PortConfig): string {
  return protocol.toLowerCase() || 'tcp';
}

/**
 * The ports of a service as they are published: for those on every node that name no port one is chosen, the one before where there
 * was one.
 * @param before what was published until now
 * @param isTaken whether another service has the port
 * @throws DomainError RESOURCE_EXHAUSTED when no port is left
 */
export function choosePorts(
  spec: EndpointSpec | undefined,
  before: readonly PortConfig[],
  isTaken: (protocol: string, port: number) => boolean,
): PortConfig[] {
  const named = (spec?.ports ?? []).filter(({ publishedPort }) => publishedPort !== 0);
  const taken = new Set(named.map((port) => `${protocolOf(port)}/${port.publishedPort}`));
  const known = before.filter((port) => isIngressPort(port) && isDynamic(port.publishedPort));
  return (spec?.ports ?? []).map((port) => {
    if (port.publishedPort !== 0 || !isIngressPort(port)) return port;
    const protocol = protocolOf(port);
    const isFree = (number: number): boolean => !taken.has(`${protocol}/${number}`) && !isTaken(protocol, number);
    const former = known.find((other) => other.targetPort === port.targetPort && protocolOf(other) === protocol)?.publishedPort;
    const publishedPort = former !== undefined && isFree(former) ? former : firstFree(isFree);
    taken.add(`${protocol}/${publishedPort}`);
    return { ...port, publishedPort };
  });
}

function isDynamic(port: number): boolean {
  return port >= DYNAMIC_PORTS.first && port <= DYNAMIC_PORTS.last;
}

function firstFree(isFree: (port: number) => boolean): number {
  for (let port: number = DYNAMIC_PORTS.first; port <= DYNAMIC_PORTS.last; port++) if (isFree(port)) return port;
  throw new DomainError('RESOURCE_EXHAUSTED', `no published port of ${DYNAMIC_PORTS.first} to ${DYNAMIC_PORTS.last} is left`);
}
