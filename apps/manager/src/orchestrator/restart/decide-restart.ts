import {
  elapsedMs,
  isTerminal,
  nanosToMs,
  observedState,
  restartBackoffMs,
  restartConditionOf,
  STABLE_AFTER_MS,
  TaskState,
  type Moment,
} from '#common/domain';
import type { Node, RestartPolicy, Task } from '#common/proto';

/** Longest wait for a predecessor to stop before its replacement starts anyway (SwarmKit restart.go defaultOldTaskTimeout). */
const OLD_TASK_TIMEOUT_MS = 60_000;

/**
 * Whether the policy wants a task that has ended to be followed by another: by its condition, and by how often the slot has been
 * restarted already with this version of the service. Counted from the stored history, so that a change of leader changes nothing.
 * @param slotTasks all tasks of the slot, the ended one among them
 */
export function mayRestart(ended: Task, slotTasks: readonly Task[]): boolean {
  const policy = ended.spec?.restartPolicy;
  return conditionHolds(policy, ended) && restartsMade(ended, slotTasks) < mostRestarts(policy);
}

function conditionHolds(policy: RestartPolicy | undefined, ended: Task): boolean {
  switch (restartConditionOf(policy)) {
    case 'none':
      return false;
    case 'on-failure':
      return observedState(ended) !== TaskState.complete;
    case 'any':
      return true;
  }
}

/** Docker reads zero as "without limit". */
function mostRestarts(policy: RestartPolicy | undefined): number {
  return policy?.maxAttempts || Number.POSITIVE_INFINITY;
}

/**
 * Each earlier task of the version that ended by itself was followed by one restart, and agents that were cut off have restarted
 * some themselves; those outside the policy's window are forgiven. One that seems to have ended long after this one did so before the
 * clock was set back.
 */
function restartsMade(ended: Task, slotTasks: readonly Task[]): number {
  const windowMs = nanosToMs(ended.spec?.restartPolicy?.window ?? 0);
  const isInWindow = (task: Task): boolean => windowMs === 0 || Math.abs(endedAt(ended) - endedAt(task)) <= windowMs;
  const earlier = slotTasks.filter(
    (task) => task !== ended && task.serviceVersion === ended.serviceVersion && endedByItself(task) && isInWindow(task),
  );
  return earlier.length + [...earlier, ended].reduce((sum, task) => sum + (task.status?.restarts ?? 0), 0);
}

/** Milliseconds since the epoch: by the managers' clocks where they have seen it, else by the agent's. */
export function endedAt(task: Task): number {
  return Date.parse(task.status?.appliedAt ?? task.status?.timestamp ?? '');
}

/** When the task was first seen running, by the managers' clocks; undefined when it never was. */
export function runningSince(task: Task): number | undefined {
  const at = task.status?.runningAt;
  return at === undefined ? undefined : Date.parse(at);
}

/** How many tasks of the version have now failed in a row, the ended one included; a stable run starts the count anew. */
export function failuresInARow(ended: Task): number {
  const startedAt = runningSince(ended);
  const wasStable = startedAt !== undefined && endedAt(ended) - startedAt >= STABLE_AFTER_MS;
  return wasStable ? 1 : ended.failures + 1;
}

/** Whether the task's container ended, or never could start, without anybody having asked for it. */
export function endedByItself(task: Task): boolean {
  const state = observedState(task);
  return state === TaskState.failed || state === TaskState.rejected || state === TaskState.complete;
}

/** Milliseconds between a task's end and its replacement's start: the policy's delay, else one that grows with each failure. */
function restartDelayMs(replacement: Task): number {
  const delay = replacement.spec?.restartPolicy?.delay;
  return delay === undefined ? restartBackoffMs(Math.max(1, replacement.failures)) : nanosToMs(delay);
}

/** What a parked task (desired READY) waits for: milliseconds until it may start, zero for now. */
export function parkedForMs(
  parked: Task,
  predecessors: readonly Task[],
  surroundings: { moment: Moment; isNodeLost(task: Task): boolean },
): number {
  const sinceCreated = ageMs(parked, surroundings.moment);
  const standing = predecessors.filter((task) => !isTerminal(observedState(task)) && !surroundings.isNodeLost(task));
  const untilStopped = standing.length > 0 ? Math.max(0, OLD_TASK_TIMEOUT_MS - sinceCreated) : 0;
  return Math.max(untilStopped, restartsAfterFailure(parked, predecessors) ? delayLeftMs(parked, sinceCreated) : 0);
}

/** A task that parked after a failure fails again while it is prepared: its own replacement must wait as long, or they would spin. */
export function respawnInMs(ended: Task, moment: Moment): number {
  return ended.desiredState === TaskState.ready ? delayLeftMs(ended, ageMs(ended, moment)) : 0;
}

/** Time since the task was created, which one that a leader with a clock ahead created has behind it. */
function ageMs(task: Task, moment: Moment): number {
  return elapsedMs(Date.parse(task.createdAt), moment);
}

function delayLeftMs(task: Task, sinceCreatedMs: number): number {
  return Math.max(0, restartDelayMs(task) - sinceCreatedMs);
}

/**
 * Whether the task follows one that ended by itself and that it does not replace for another reason: neither an update nor a lost
 * node delays. Its count of failures says so, also where the service has been scaled or labelled in between.
 */
function restartsAfterFailure(parked: Task, [newest]: readonly Task[]): boolean {
  return parked.failures > 0 && newest !== undefined && endedByItself(newest);
}

/** Whether nobody will ever hear of the node's tasks again, as far as anyone knows now. */
export function isLost(node: Node | undefined): boolean {
  return node === undefined || node.status?.state === 'down';
}
