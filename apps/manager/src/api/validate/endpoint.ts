import { isIngressPort, protocolOf } from '#common/domain';
import type { EndpointSpec, PortConfig, Service } from '#common/proto';
import { invalidSpec, requireOneOf } from './api-errors';

const RESOLUTION_MODES = ['vip', 'dnsrr'];
const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const PUBLISH_MODES = ['ingress', 'host'];
const MAX_PORT = 65_535;

/** @throws DomainError INVALID_ARGUMENT */
export function validateEndpoint(endpoint: EndpointSpec | undefined): void {
  if (!endpoint) return;
  requireOneOf(endpoint.mode, RESOLUTION_MODES, `invalid resolution mode: ${JSON.stringify(endpoint.mode)}`);
  endpoint.ports.forEach(validatePort);
  if (endpoint.mode === 'dnsrr' && endpoint.ports.some(isIngressPort)) {
    throw invalidSpec("EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
  }
  const published = publishedPorts(endpoint).map(portKey);
  if (new Set(published).size < published.length) throw invalidSpec('EndpointSpec: duplicate published ports provided');
}

/**
 * Refuses a published port that another service holds. Two services may both publish a port on their tasks' hosts: that is
 * the scheduler's to sort out.
 * @throws DomainError INVALID_ARGUMENT naming the service that holds the port
 */
export function validatePortsAreFree(endpoint: EndpointSpec | undefined, others: () => readonly Service[]): void {
  const wanted = new Map(publishedPorts(endpoint).map((port) => [portKey(port), port]));
  if (wanted.size === 0) return;
  for (const service of others()) {
    for (const taken of portsOf(service)) {
      const port = wanted.get(portKey(taken));
      if (port && (isIngressPort(port) || isIngressPort(taken))) throw portInUse(taken, service);
    }
  }
}

function validatePort(port: PortConfig): void {
  if (port.targetPort < 1 || port.targetPort > MAX_PORT) {
    throw invalidSpec(`EndpointSpec: target port ${port.targetPort} is not between 1 and ${MAX_PORT}`);
  }
  if (port.publishedPort > MAX_PORT) {
    throw invalidSpec(`EndpointSpec: published port ${port.publishedPort} is not between 0 and ${MAX_PORT}`);
  }
  requireOneOf(port.protocol.toLowerCase(), PROTOCOLS, `invalid port protocol: ${JSON.stringify(port.protocol)}`);
  requireOneOf(port.publishMode, PUBLISH_MODES, `invalid port publish mode: ${JSON.stringify(port.publishMode)}`);
}

/** What the service publishes, with the ports that were chosen for it. */
function portsOf({ spec, endpoint }: Service): PortConfig[] {
  return publishedPorts(endpoint ?? spec?.endpointSpec);
}

/** Port 0 is one that is still to be chosen: it collides with nothing. */
function publishedPorts(endpoint: { readonly ports: readonly PortConfig[] } | undefined): PortConfig[] {
  return (endpoint?.ports ?? []).filter((port) => port.publishedPort !== 0);
}

function portKey(port: PortConfig): string {
  return `${port.publishedPort}/${protocolOf(port)}`;
}

function portInUse(port: PortConfig, { id, spec }: Service): Error {
  const kind = isIngressPort(port) ? 'an ingress port' : 'a host-published port';
  return invalidSpec(`port '${port.publishedPort}' is already in use by service '${spec?.name ?? ''}' (${id}) as ${kind}`);
}
