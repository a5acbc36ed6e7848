import { nanosToMs, restartBackoffMs, restartConditionOf, STABLE_AFTER_MS, TaskState } from '#common/domain';
import type { RestartPolicy, Task } from '#common/proto';

/** How a container came to its end. Times are milliseconds on a clock that nobody sets. */
export interface ContainerEnd {
  /** It ended with another code than 0, could not be started, or was ended for being unhealthy. */
  readonly failed: boolean;
  readonly ranMs: number;
  readonly atMs: number;
}

/** What came before an end. */
export interface RestartHistory {
  /** Ends in a row without a stable time in between, those of earlier tasks of the slot included. */
  readonly failures: number;
  /** The newest restarts, as many as the policy's most attempts; none when these are without limit. */
  readonly restartedAtMs: readonly number[];
}

export type OfflineVerdict =
  { readonly kind: 'report' } | { readonly kind: 'restart'; readonly afterMs: number; readonly failures: number };

const REPORT: OfflineVerdict = { kind: 'report' };

/**
 * What was restarted before the agent took the task over. It counts as having happened at `nowMs`, since when it did is not known:
 * a policy's window forgives it late rather than early.
 */
export function earlierRestarts(task: Task, nowMs: number): RestartHistory {
  const failures = task.failures + (task.status?.restarts ?? 0);
  const counted = Math.min(failures, mostAttempts(policyOf(task)));
  return { failures, restartedAtMs: Array.from({ length: counted }, () => nowMs) };
}

/** Whether the task's policy has a container that ended started again, and how long after its end; else its end is final. */
export function decideOfflineRestart(task: Task, end: ContainerEnd, history: RestartHistory): OfflineVerdict {
  const policy = policyOf(task);
  if (!conditionHolds(task, end) || isUsedUp(policy, end, history)) return REPORT;
  const failures = end.ranMs >= STABLE_AFTER_MS ? 1 : history.failures + 1;
  const afterMs = policy?.delay === undefined ? restartBackoffMs(failures) : nanosToMs(policy.delay);
  return { kind: 'restart', afterMs, failures };
}

/** The history once the container was started again. */
export function afterRestart(task: Task, history: RestartHistory, restart: { atMs: number; failures: number }): RestartHistory {
  const kept = mostAttempts(policyOf(task));
  const restartedAtMs = kept === 0 ? [] : [...history.restartedAtMs, restart.atMs].slice(-kept);
  return { failures: restart.failures, restartedAtMs };
}

function conditionHolds(task: Task, { failed }: ContainerEnd): boolean {
  // A job is done when its container ended well; there is nothing to start again.
  if (!failed && task.desiredState === TaskState.complete) return false;
  switch (restartConditionOf(policyOf(task))) {
    case 'none':
      return false;
    case 'on-failure':
      return failed;
    case 'any':
      return true;
  }
}

function isUsedUp(policy: RestartPolicy | undefined, { atMs }: ContainerEnd, { restartedAtMs }: RestartHistory): boolean {
  const attempts = mostAttempts(policy);
  const windowMs = nanosToMs(policy?.window ?? 0);
  const since = windowMs === 0 ? Number.NEGATIVE_INFINITY : atMs - windowMs;
  return attempts > 0 && restartedAtMs.filter((madeAtMs) => madeAtMs >= since).length >= attempts;
}

/** Zero is "without limit", as Docker reads it. */
function mostAttempts(policy: RestartPolicy | undefined): number {
  return policy?.maxAttempts ?? 0;
}

function policyOf(task: Task): RestartPolicy | undefined {
  return task.spec?.restartPolicy;
}
