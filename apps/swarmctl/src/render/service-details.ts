import { iterationOf, rebalancesItself } from '#common/domain';
import type { ContainerSpec, Mount, ResourceRequirements, Service, TaskSpec } from '#common/proto';
import { renderCpus, renderSize } from './amounts';
import { ago, renderDuration } from './durations';
import { describeRestart, describeRollback, describeUpdate } from './policy-details';
import { renderPorts } from './ports';
import { modeName } from './service-table';
import { said, type Detail } from './table';

/** A heading with what stands below it; left out when that is nothing. */
function section(name: string, details: readonly Detail[]): Detail[] {
  return details.length === 0 ? [] : [{ name }, ...details];
}

const words = (list: readonly string[] | undefined): string => (list ?? []).join(' ');

function describeMap(map: Readonly<Record<string, string>> | undefined): Detail[] {
  return Object.keys(map ?? {})
    .sort()
    .map((name) => ({ name, value: map?.[name], depth: 1 }));
}

function describeAmounts(amounts: { nanoCpus: number; memoryBytes: number; pids?: number } | undefined): string {
  const parts = [
    amounts?.nanoCpus ? `${renderCpus(amounts.nanoCpus)} CPUs` : '',
    amounts?.memoryBytes ? `${renderSize(amounts.memoryBytes)} memory` : '',
    amounts?.pids ? `${amounts.pids} processes` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function describeResources(resources: ResourceRequirements | undefined): Detail[] {
  return [
    ...said('Limits', describeAmounts(resources?.limits)),
    ...said('Reservations', describeAmounts(resources?.reservations)),
  ];
}

function describeMount({ type, source, target, readOnly }: Mount): Detail {
  return { name: target, value: `${type} ${source}${readOnly ? ' (read-only)' : ''}`, depth: 1 };
}

function describeContainer(container: ContainerSpec | undefined): Detail[] {
  return [
    ...said('Image', container?.image),
    ...said('Entrypoint', words(container?.command)),
    ...said('Arguments', words(container?.args)),
    ...said('Environment', words(container?.env)),
    ...said('Working directory', container?.dir),
    ...said('User', container?.user),
    ...said('Health check', words(container?.healthcheck?.test)),
    ...said('Stop after', container?.stopGracePeriod === undefined ? undefined : renderDuration(container.stopGracePeriod)),
  ];
}

function describePlacement({ placement }: Partial<TaskSpec>): Detail[] {
  const spread = placement?.preferences.map(({ spread: over }) => over?.spreadDescriptor ?? '');
  return [
    ...said('Constraints', placement?.constraints.join(', ')),
    ...said('Spread over', spread?.join(', ')),
    ...said('Most per node', placement?.maxReplicas || undefined),
  ];
}

function describeUpdateStatus({ updateStatus }: Service, nowMs: number): Detail[] {
  if (updateStatus?.state === undefined) return [];
  return [
    ...said('State', updateStatus.state),
    ...said('Started', ago(updateStatus.startedAt, nowMs)),
    ...said('Completed', ago(updateStatus.completedAt, nowMs)),
    ...said('Message', updateStatus.message),
  ];
}

function describeJob({ spec, jobStatus }: Service, nowMs: number): Detail[] {
  if (!jobStatus) return [];
  const job = spec?.mode?.replicatedJob;
  return [
    ...said('Completions', job?.totalCompletions),
    ...said('At a time', job?.maxConcurrent),
    ...said('Iteration', iterationOf(jobStatus)),
    ...said('Last started', ago(jobStatus.lastExecution, nowMs)),
  ];
}

/** What `service inspect --pretty` shows. */
export function describeService(service: Service, nowMs: number): Detail[] {
  const { spec, endpoint } = service;
  const task = spec?.taskTemplate;
  return [
    { name: 'ID', value: service.id },
    { name: 'Name', value: spec?.name ?? '' },
    { name: 'Mode', value: modeName(spec?.mode) },
    ...said('Replicas', spec?.mode?.replicated?.replicas, 0),
    ...section('Job', describeJob(service, nowMs)),
    ...section('Labels', describeMap(spec?.labels)),
    ...section('Update status', describeUpdateStatus(service, nowMs)),
    ...section('Container', describeContainer(task?.containerSpec)),
    ...section('Mounts', task?.containerSpec?.mounts.map(describeMount) ?? []),
    ...section('Placement', [...describePlacement(task ?? {}), ...said('Rebalanced', rebalancesItself(spec) ? 'by itself' : '')]),
    ...section('Resources', describeResources(task?.resources)),
    ...section('Restart', spec ? describeRestart(spec) : []),
    ...section('Rolling update', spec ? describeUpdate(spec) : []),
    ...section('Rollback', spec ? describeRollback(spec) : []),
    ...said('Endpoint mode', spec?.endpointSpec?.mode, 0),
    ...said('Ports', renderPorts(endpoint?.ports ?? []), 0),
  ];
}
