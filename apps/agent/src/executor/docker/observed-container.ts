import { DEFAULT_STOP_GRACE_PERIOD_NANOS, nanosToMs } from '#common/domain';
import { DomainError } from '#common/errors';
import type { PortConfig } from '#common/proto';
import type { ContainerHealth, ContainerPhase, ListedContainer, ObservedContainer } from '../executor';
import type { InspectInfo, ListedInfo } from './engine-api';
import { CLUSTER_LABEL, TASK_LABEL } from './labels';

const MS_PER_SECOND = 1_000;

/** @throws DomainError UNAVAILABLE when the answer is not one about a container */
export function toObservedContainer(info: InspectInfo): ObservedContainer {
  const { Id: id, State: state, Config: config } = info;
  if (typeof id !== 'string' || typeof state?.Status !== 'string') {
    throw new DomainError('UNAVAILABLE', 'the engine answers an inspection with something else than a container');
  }
  const phase = toPhase(state.Status);
  return {
    id,
    phase,
    health: state.Status === 'paused' ? 'none' : toHealth(state.Health?.Status),
    pid: phase === 'running' ? (state.Pid ?? 0) : 0,
    exitCode: phase === 'exited' ? (state.ExitCode ?? 0) : 0,
    startedAt: state.StartedAt ?? '',
    ranMs: phase === 'exited' ? msBetween(state.StartedAt, state.FinishedAt) : 0,
    error: state.Error ?? '',
    outOfMemory: state.OOMKilled ?? false,
    ports: toHostPorts(info),
    graceMs: stopTimeoutMs(config?.StopTimeout),
  };
}

/** A container that was made just now. */
export function toCreatedContainer(id: string, stopTimeoutSeconds: number): ObservedContainer {
  const graceMs = stopTimeoutMs(stopTimeoutSeconds);
  const untouched = { pid: 0, exitCode: 0, startedAt: '', ranMs: 0, error: '', outOfMemory: false, ports: [] };
  return { id, phase: 'created', health: 'none', ...untouched, graceMs };
}

/** Undefined when the entry does not name a task, so that nothing is done to it. */
export function toListedContainer(entry: ListedInfo): ListedContainer | undefined {
  const taskId = entry.Labels?.[TASK_LABEL];
  if (!taskId || !entry.Id) return undefined;
  const clusterId = entry.Labels?.[CLUSTER_LABEL] ?? '';
  return { id: entry.Id, taskId, clusterId, phase: toPhase(entry.State ?? ''), health: healthInStatus(entry.Status ?? '') };
}

/** The health that an event `health_status: …` or an inspection names. */
export function toHealth(text: string | undefined): ContainerHealth {
  return text === 'starting' || text === 'healthy' || text === 'unhealthy' ? text : 'none';
}

function toPhase(status: string): ContainerPhase {
  switch (status) {
    case 'created':
      return 'created';
    case 'running':
    case 'paused':
    case 'restarting':
      return 'running';
    default:
      // exited, dead, removing: it will not run again.
      return 'exited';
  }
}

function healthInStatus(status: string): ContainerHealth {
  return toHealth(/\((?:health: )?(\w+)\)$/.exec(status)?.[1]);
}

/** Zero for what did not happen, of which the engine gives the year 1, and when somebody set the clock back in between. */
function msBetween(start: string | undefined, end: string | undefined): number {
  const [from, to] = [Date.parse(start ?? ''), Date.parse(end ?? '')];
  return from > 0 && to > from ? to - from : 0;
}

function stopTimeoutMs(seconds: number | null | undefined): number {
  return typeof seconds === 'number' ? Math.max(seconds, 0) * MS_PER_SECOND : nanosToMs(DEFAULT_STOP_GRACE_PERIOD_NANOS);
}

/** One entry per bound port; the engine lists a port once for IPv4 and once for IPv6. */
function toHostPorts(info: InspectInfo): PortConfig[] {
  const ports = Object.entries(info.NetworkSettings?.Ports ?? {}).flatMap(([target, bindings]) => {
    const published = new Set((bindings ?? []).map(({ HostPort }) => Number(HostPort)));
    const [targetPort, protocol = 'tcp'] = target.split('/');
    return [...published].map((publishedPort) => ({
      name: '',
      protocol,
      targetPort: Number(targetPort),
      publishedPort,
      publishMode: 'host',
    }));
  });
  return ports.sort((a, b) => a.targetPort - b.targetPort || a.protocol.localeCompare(b.protocol));
}
