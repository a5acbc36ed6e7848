import {
  bindLabel,
  boundTo,
  drainPeriodMs,
  isIngressPort,
  parseInterfaceName,
  parseIpv4Address,
  progressDeadlineMs,
  protocolOf,
  PROXY_PROTOCOL_VERSIONS,
  proxyProtocolLabel,
  SERVICE_OPTIONS,
} from '#common/domain';
import { isCode } from '#common/errors';
import type { PortConfig, ServiceSpec } from '#common/proto';
import { invalidSpec } from './api-errors';

/** Each is a condition in the rules of every node. */
const MOST_PLACES = 64;

/** What begins so is meant for swarmctl. */
const PREFIX = 'swarmctl.';

/** Refuses a value of one of our labels that nobody could read. @throws DomainError INVALID_ARGUMENT naming the label */
export function validateServiceOptions(spec: ServiceSpec): void {
  const { progressDeadline, rebalance, drainPeriod, preferLocal } = SERVICE_OPTIONS;
  if (readable(drainPeriod, () => drainPeriodMs(spec.labels)) < 0)
    throw invalidSpec(`label ${drainPeriod}: the period cannot be negative; 0s is none`);
  if (readable(progressDeadline, () => progressDeadlineMs(spec)) <= 0)
    throw invalidSpec(`label ${progressDeadline}: the deadline has to be longer than 0, for example 10m`);
  for (const label of [rebalance, preferLocal]) requireTruth(label, spec.labels[label]);
  for (const port of spec.endpointSpec?.ports ?? []) {
    const places = boundTo(spec, port);
    const bad = places.find((place) => !parseInterfaceName(place) && !parseIpv4Address(place));
    if (bad !== undefined) throw invalidSpec(`label ${bindLabel(port)}: '${bad}' is neither an IPv4 address nor an interface`);
    if (places.length > MOST_PLACES)
      throw invalidSpec(`label ${bindLabel(port)}: ${places.length} places are more than ${MOST_PLACES}`);
    validateProxyProtocol(port, spec.labels[proxyProtocolLabel(port)]);
  }
}

function validateProxyProtocol(port: PortConfig, version: string | undefined): void {
  if (version === undefined) return;
  const label = proxyProtocolLabel(port);
  if (!PROXY_PROTOCOL_VERSIONS.includes(version)) throw invalidSpec(`label ${label}: '${version}' is neither 1 nor 2`);
  if (protocolOf(port) !== 'tcp' || !isIngressPort(port))
    throw invalidSpec(`label ${label}: only TCP ports that are published in ingress mode can have it`);
}

function requireTruth(label: string, value: string | undefined): void {
  if (value === undefined || value === 'true' || value === 'false') return;
  throw invalidSpec(`label ${label}: '${value}' is neither true nor false`);
}

/** Labels that look like ours and are none: nobody acts on them. */
export function unknownServiceOptions(spec: ServiceSpec): string[] {
  const ofPorts = (spec.endpointSpec?.ports ?? []).flatMap((port) => [bindLabel(port), proxyProtocolLabel(port)]);
  const known: readonly string[] = [...Object.values(SERVICE_OPTIONS), ...ofPorts];
  return Object.keys(spec.labels).filter((label) => label.startsWith(PREFIX) && !known.includes(label));
}

function readable(label: string, read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw isCode(error, 'INVALID_ARGUMENT') ? invalidSpec(`label ${label}: ${error.message}`) : error;
  }
}
