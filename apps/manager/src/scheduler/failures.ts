import { observedState, TaskState } from '#common/domain';
import type { Task } from '#common/proto';

/** How far back a failure counts, as in SwarmKit. */
const MONITORED_MS = 5 * 60_000;

/**
 * From how many failures on a node is worse than any number of tasks. SwarmKit, which counts in memory, takes 5; here they are
 * counted in the stored history, where a slot keeps 5 ended tasks in all and those may lie on several nodes. One or two failures
 * are left out on purpose: a bad image fails everywhere, and its first failures would only push the tasks together elsewhere.
 */
export const MAX_FAILURES = 3;

/** Times in milliseconds since the epoch at which tasks of a service's version failed on a node. */
export type Failures = ReadonlyMap<string, readonly number[]>;

type Versioned = Pick<Task, 'serviceId' | 'serviceVersion'>;

function keyOf({ serviceId, serviceVersion }: Versioned): string {
  return `${serviceId}/${serviceVersion}`;
}

/** When tasks of a node failed, by service and version. */
export function failuresOf(tasks: readonly Task[]): Failures {
  const failures = new Map<string, number[]>();
  for (const task of tasks) {
    const state = observedState(task);
    if (state !== TaskState.failed && state !== TaskState.rejected) continue;
    const times = failures.get(keyOf(task)) ?? [];
    times.push(Date.parse(task.status?.appliedAt ?? task.status?.timestamp ?? ''));
    failures.set(keyOf(task), times);
  }
  return failures;
}

/**
 * The number of recent failures of the task's version on each node that had too many of them, by node id. A failure that seems to be
 * long to come is an old one: the clock was set back since.
 */
export function faultyNodes(
  infos: readonly { readonly node: { readonly id: string }; readonly failures: Failures }[],
  task: Versioned,
  now: number,
): ReadonlyMap<string, number> {
  const faulty = new Map<string, number>();
  const key = keyOf(task);
  for (const { node, failures } of infos) {
    if (failures.size === 0) continue;
    const recent = (failures.get(key) ?? []).filter((time) => Math.abs(now - time) < MONITORED_MS).length;
    if (recent >= MAX_FAILURES) faulty.set(node.id, recent);
  }
  return faulty;
}
