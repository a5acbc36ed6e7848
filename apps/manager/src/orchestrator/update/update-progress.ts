import { elapsedMs, type Moment } from '#common/domain';
import type { Service, Task } from '#common/proto';
import { endedAt, endedByItself, runningSince } from '../restart/decide-restart';
import { isRunning, isUnassigned, type Slot } from '../slots';
import type { UpdatePolicy } from './update-policy';

/** Why the replacement in a slot counts as failed. */
export interface UpdateFailure {
  slot: Slot;
  taskId: string;
  /** Empty where Docker says nothing more. */
  why: string;
}

/** How far the replacing of a service's tasks is. */
export interface UpdateProgress {
  /** Slots that run an older spec, other than those where the new one has failed. */
  outdated: number;
  /** Slots whose task is up to date and not running yet, other than the failed ones. */
  starting: Slot[];
  /** Slots whose new task runs, but not yet as long as the delay between two tasks. */
  cooling: number;
  failures: UpdateFailure[];
  /** Until the last new task has run as long as it is monitored; zero when it has. */
  unsettledMs: number;
  /** When this would be different although nothing has happened. */
  lookAgainMs: number;
}

/** What progress is measured with. */
export interface ProgressInputs {
  policy: UpdatePolicy;
  moment: Moment;
  watchedSince?: number;
  isDirty(task: Task): boolean;
  /** Whether the slot's task is to be replaced by one that is up to date. */
  isOutdated(slot: Slot): boolean;
}

/**
 * A failure that is older than the update by this much is none of its: tasks that have the version already may have failed long
 * before the first outdated one turned up. Less could be a difference between managers' clocks.
 */
const OLD_FAILURE_MS = 60 * 60_000;

/**
 * Derived from the stored tasks, so that a change of leader changes nothing, with one exception: a new leader waits for the whole
 * deadline itself. While there was none, tasks may have got to run without anybody having heard of it.
 */
export function measureProgress(service: Service, slots: readonly Slot[], inputs: ProgressInputs): UpdateProgress {
  const { policy, moment, isDirty } = inputs;
  const watched = { now: moment.now, steadySince: inputs.watchedSince };
  const version = service.version?.index;
  const isNew = (task: Task): boolean => task.serviceVersion === version;
  const began = Date.parse(service.updateStatus?.startedAt ?? '') || 0;
  // When the clock was set back since, it cannot be told which failures are older.
  const tooOld = began > moment.now ? Number.NEGATIVE_INFINITY : began - OLD_FAILURE_MS;
  const waits: number[] = [];
  const failures: UpdateFailure[] = [];
  const starting: Slot[] = [];
  const runningForMs: number[] = [];
  let outdated = 0;
  for (const slot of slots) {
    const { current } = slot;
    const broken = slot.tasks.find((task) => isNew(task) && diedYoung(task, policy.monitorMs) && !(endedAt(task) < tooOld));
    const isStarting = current !== undefined && !isDirty(current) && !isRunning(current);
    const startingForMs = isStarting ? Math.min(elapsedMs(Date.parse(current.createdAt), watched), elapsedMs(began, watched)) : 0;
    const leftMs = policy.deadlineMs - startingForMs;
    if (inputs.isOutdated(slot) && !broken) outdated++;
    if (broken) failures.push({ slot, taskId: broken.id, why: '' });
    else if (isStarting && leftMs <= 0)
      failures.push({ slot, taskId: current.id, why: missedDeadline(current, policy.deadlineMs) });
    else if (isStarting) {
      starting.push(slot);
      waits.push(leftMs);
    }
    if (current && !broken && isNew(current) && isRunning(current)) runningForMs.push(ranFor(current, moment));
  }
  const coolsIn = runningForMs.map((ms) => policy.delayMs - ms).filter((ms) => ms > 0);
  const settlesIn = runningForMs.map((ms) => policy.monitorMs - ms).filter((ms) => ms > 0);
  return {
    outdated,
    starting,
    cooling: coolsIn.length,
    failures,
    unsettledMs: Math.max(0, ...settlesIn),
    lookAgainMs: Math.min(...waits, ...coolsIn, ...settlesIn),
  };
}

/** Whether a new task ended by itself before it ran as long as it is monitored, as far as the clock was not set meanwhile. */
function diedYoung(task: Task, monitorMs: number): boolean {
  if (!endedByItself(task)) return false;
  const since = runningSince(task);
  return since === undefined || Math.abs(endedAt(task) - since) < monitorMs;
}

/** A task of unknown age counts as old, like one that a manager with a clock ahead saw begin. */
function ranFor(task: Task, moment: Moment): number {
  const since = runningSince(task);
  return since === undefined ? Number.POSITIVE_INFINITY : elapsedMs(since, moment);
}

function missedDeadline(task: Task, deadlineMs: number): string {
  const reason = task.status?.err || (isUnassigned(task) ? 'it waits for a node' : `it is ${task.status?.state ?? 'new'}`);
  return `it did not run within ${Math.round(deadlineMs / 1000)} s: ${reason}`;
}
