import { TaskState } from '#common/domain';
import type { TaskStatus } from '#common/proto';
import type { ContainerView } from './next-step';

/** Docker's words for each state. An ended task keeps the words of the state that it ended in; `err` says why. */
const MESSAGES: Partial<Record<TaskState, string>> = {
  [TaskState.accepted]: 'accepted',
  [TaskState.preparing]: 'preparing',
  [TaskState.ready]: 'prepared',
  [TaskState.starting]: 'starting',
  [TaskState.running]: 'started',
  [TaskState.complete]: 'finished',
  [TaskState.shutdown]: 'shutdown',
};

/** A move of a task's observed state. */
export interface StatusMove {
  readonly state: TaskState;
  readonly at: Date;
  /** Why the task failed; '' or undefined if it did not. */
  readonly err?: string;
  /** Instead of the state's usual words. */
  readonly message?: string;
}

/** The status that follows `previous`, with what is known of the container. */
export function movedStatus(previous: TaskStatus | undefined, move: StatusMove, container: ContainerView): TaskStatus {
  return {
    timestamp: toTimestamp(move.at),
    state: move.state,
    message: move.message ?? MESSAGES[move.state] ?? previous?.message ?? '',
    err: move.err ?? '',
    restarts: previous?.restarts,
    ...(containerFacts(container) ?? { containerStatus: previous?.containerStatus, portStatus: previous?.portStatus }),
  };
}

/** The same state with the container's present facts, or undefined when the status already says them. */
export function refreshedStatus(status: TaskStatus, container: ContainerView): TaskStatus | undefined {
  const facts = containerFacts(container);
  if (!facts || JSON.stringify(facts.containerStatus) === JSON.stringify(status.containerStatus)) return undefined;
  return { ...status, ...facts };
}

/** What the agent did while no manager could be told. */
export interface RestartNews {
  /** How often it has restarted the container by now. */
  readonly restarts: number;
  readonly at: Date;
  /** The end before the newest restart. */
  readonly last: { readonly unhealthy: boolean; readonly exitCode: number };
}

/** The same state after a restart that nobody ordered, saying so. */
export function restartedStatus(status: TaskStatus, { restarts, at, last }: RestartNews, container: ContainerView): TaskStatus {
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  const end = last.unhealthy ? 'it was unhealthy' : `last exit code ${last.exitCode}`;
  const message = `restarted ${times} while no manager could be reached; ${end}`;
  return { ...status, timestamp: toTimestamp(at), message, restarts, ...containerFacts(container) };
}

function containerFacts(container: ContainerView): Pick<TaskStatus, 'containerStatus' | 'portStatus'> | undefined {
  if (container === 'unknown' || container === 'absent') return undefined;
  const { id, pid, exitCode, ports } = container;
  return {
    containerStatus: { containerId: id, pid, exitCode },
    portStatus: ports.length > 0 ? { ports: [...ports] } : undefined,
  };
}

/** RFC 3339 in UTC with nine digits, as Docker prints times. */
export function toTimestamp(at: Date): string {
  return at.toISOString().replace('Z', '000000Z');
}
