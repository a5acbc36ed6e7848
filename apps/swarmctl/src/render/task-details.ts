import { stateRank, TaskState } from '#common/domain';
import type { Task, TaskStatus } from '#common/proto';
import type { TaskExplanation } from '../task-explanation';
import { ago } from './durations';
import { renderPorts } from './ports';
import { byName, type Detail } from './table';

/** A task with what belongs to it; ids stand for names that are not known. */
export interface InspectedTask {
  readonly task: Task;
  readonly service: string;
  /** Empty while the task has no node. */
  readonly node: string;
  readonly explanation: TaskExplanation;
}

function said(name: string, value: string | number | undefined, depth = 0): Detail[] {
  return value === undefined || value === '' ? [] : [{ name, value: String(value), depth }];
}

function moment(timestamp: string | undefined, nowMs: number): string {
  const past = ago(timestamp ?? '', nowMs);
  return past === '' ? '' : `${timestamp} (${past})`;
}

function isUnassigned({ status }: Task): boolean {
  return stateRank(status?.state ?? TaskState.new) < stateRank(TaskState.assigned);
}

function describeContainer(status: TaskStatus | undefined): Detail[] {
  const container = status?.containerStatus;
  if (!container?.containerId) return [];
  const hasEnded = stateRank(status?.state ?? TaskState.new) > stateRank(TaskState.running);
  return [
    { name: 'Container', value: container.containerId },
    ...said('Process', container.pid || undefined),
    ...said('Exit code', hasEnded ? (container.exitCode ?? 0) : undefined),
    ...said('Ports', renderPorts(status?.portStatus?.ports ?? [])),
  ];
}

/** Those that would take the task come first: it waits for something else then. */
function describeNodes({ nodes }: TaskExplanation): Detail[] {
  if (nodes.length === 0) return [{ name: 'Nodes', value: 'none could ever take it' }];
  const sorted = [...nodes].sort(byName((node) => `${node.admitted ? 0 : 1} ${node.hostname}`));
  return [
    { name: 'Nodes' },
    ...sorted.map(({ hostname, nodeId, admitted, reason }) => ({
      name: hostname || nodeId,
      value: admitted ? 'would take it' : reason,
      depth: 1,
    })),
  ];
}

/** What `task inspect --pretty` shows. */
export function describeTask({ task, service, node, explanation }: InspectedTask, nowMs: number): Detail[] {
  const { status } = task;
  const isLimitedToNode = task.slot === 0 && task.nodeId !== '';
  return [
    { name: 'ID', value: task.id },
    { name: 'Name', value: `${service}.${task.slot > 0 ? task.slot : node || task.id}` },
    { name: 'Service', value: service },
    { name: 'Image', value: task.spec?.containerSpec?.image },
    {
      name: 'Node',
      value: node === '' ? 'none yet' : `${node}${isUnassigned(task) && isLimitedToNode ? ' (waits for room)' : ''}`,
    },
    { name: 'State', value: status?.state ?? TaskState.new },
    ...said('Since', moment(status?.timestamp, nowMs)),
    ...said('Message', status?.message),
    ...said('Error', status?.err),
    { name: 'Desired state', value: task.desiredState },
    ...said('Because', explanation.desiredReason),
    ...said('Created', moment(task.createdAt, nowMs)),
    ...said('Running since', moment(explanation.runningSince, nowMs)),
    ...said('Failures before it', explanation.failures || undefined),
    ...said('Restarts by its agent', explanation.restarts || undefined),
    ...describeContainer(status),
    ...(isUnassigned(task) ? describeNodes(explanation) : []),
  ];
}
