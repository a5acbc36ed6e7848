import type { PortConfig, ServiceSpec } from '#common/proto';
import { contradictionWarnings } from './contradictions';

/** What a client should know about a service that is accepted, although a part of it has no effect, here yet or ever. */
export function warningsFor(spec: ServiceSpec): string[] {
  return [...(spec.endpointSpec?.ports ?? []).filter(isIngress).map(ingressWarning), ...contradictionWarnings(spec)];
}

function isIngress(port: PortConfig): boolean {
  return port.publishMode !== 'host';
}

function ingressWarning(port: PortConfig): string {
  const name = `${port.targetPort}/${port.protocol || 'tcp'}`;
  return `port ${name} is not reachable on every node: this version publishes ports with mode=host only, on the hosts of the tasks`;
}
