import type { ServiceSpec } from '../proto';
import { nanosToMs, parseDuration } from './duration';

/**
 * What Docker's ServiceSpec has no field for is a label of the service: every Docker client carries labels through an update, while
 * a field that it does not know would be lost (docs/decisions/0005).
 */
export const SERVICE_OPTIONS = {
  /** How long a task may take from its creation until it runs before an update counts it as failed, for example `10m`. */
  progressDeadline: 'swarmctl.progress-deadline',
  /** `true`: tasks are spread evenly again by themselves when nodes come back. */
  rebalance: 'swarmctl.rebalance',
  /** How long a task that is to stop goes on serving the connections that it has, for example `5s`; new ones go elsewhere. */
  drainPeriod: 'swarmctl.drain-period',
  /** `true`: connections go to tasks on the caller's own node while there are any. */
  preferLocal: 'swarmctl.prefer-local',
} as const;

/** Nomad's progress_deadline: long enough for a large image over a slow line, short enough to hear of a failure the same hour. */
export const DEFAULT_PROGRESS_DEADLINE_MS = 10 * 60_000;

/** Milliseconds. @throws DomainError INVALID_ARGUMENT when the label cannot be read, which the API refuses to store */
export function progressDeadlineMs(spec: ServiceSpec | undefined): number {
  const text = spec?.labels[SERVICE_OPTIONS.progressDeadline];
  return text === undefined ? DEFAULT_PROGRESS_DEADLINE_MS : nanosToMs(parseDuration(text));
}

/** Whether the service wants its tasks spread again without being asked each time. */
export function rebalancesItself(spec: ServiceSpec | undefined): boolean {
  return spec?.labels[SERVICE_OPTIONS.rebalance] === 'true';
}

/** Long enough for most requests; Docker waits 2 s, which nobody can change. */
const DEFAULT_DRAIN_PERIOD_MS = 5_000;

/** Milliseconds. @throws DomainError INVALID_ARGUMENT as progressDeadlineMs */
export function drainPeriodMs(labels: Readonly<Record<string, string>>): number {
  const text = labels[SERVICE_OPTIONS.drainPeriod];
  return text === undefined ? DEFAULT_DRAIN_PERIOD_MS : nanosToMs(parseDuration(text));
}

/** Whether connections stay on the caller's node where they can. */
export function prefersLocal(spec: ServiceSpec | undefined): boolean {
  return spec?.labels[SERVICE_OPTIONS.preferLocal] === 'true';
}

/**
 * The label that binds a published port, named by its target, to addresses or interfaces of nodes, comma separated:
 * `swarmctl.publish.80/tcp.bind`.
 */
export function bindLabel(port: PublishedTarget): string {
  return `${publishLabel(port)}.bind`;
}

/** The label by which connections to a published port begin with a PROXY protocol header: `swarmctl.publish.80/tcp.proxy-protocol`. */
export function proxyProtocolLabel(port: PublishedTarget): string {
  return `${publishLabel(port)}.proxy-protocol`;
}

interface PublishedTarget {
  readonly targetPort: number;
  readonly protocol: string;
}

function publishLabel({ targetPort, protocol }: PublishedTarget): string {
  return `swarmctl.publish.${targetPort}/${protocol || 'tcp'}`;
}

/** Versions of the PROXY protocol. */
export const PROXY_PROTOCOL_VERSIONS = ['1', '2'];

/** Version of the PROXY protocol header that connections to the port begin with; 0: none. */
export function proxyProtocol(spec: ServiceSpec | undefined, port: PublishedTarget): number {
  const version = spec?.labels[proxyProtocolLabel(port)] ?? '';
  return PROXY_PROTOCOL_VERSIONS.includes(version) ? Number(version) : 0;
}

/** Addresses or interfaces of nodes to which the port is bound; none: all. */
export function boundTo(spec: ServiceSpec | undefined, port: PublishedTarget): string[] {
  const places = spec?.labels[bindLabel(port)]?.split(',') ?? [];
  return places.map((place) => place.trim()).filter(Boolean);
}
