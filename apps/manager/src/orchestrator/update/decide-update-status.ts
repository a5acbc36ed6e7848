import { updateStateOf } from '#common/domain';
import { UpdateStatus_State, type Service, type UpdateStatus } from '#common/proto';
import type { UpdatePolicy } from './update-policy';
import type { UpdateFailure, UpdateProgress } from './update-progress';

/** What an update needs now. */
export type UpdateDecision =
  | { kind: 'none' }
  | { kind: 'status'; status: UpdateStatus }
  /** The previous spec is to become the current one again. */
  | { kind: 'rollBack'; message: string };

const NOTHING: UpdateDecision = { kind: 'none' };

/** Whether the service's tasks are being replaced. */
export function isUpdating(service: Service): boolean {
  const state = service.updateStatus?.state;
  return state === UpdateStatus_State.updating || state === UpdateStatus_State.rollback_started;
}

/** Whether a failure has stopped the update until somebody changes the service. */
export function isPaused(service: Service): boolean {
  const state = updateStateOf(service);
  return state === UpdateStatus_State.paused || state === UpdateStatus_State.rollback_paused;
}

/**
 * The state of an update, with Docker's words.
 * @param note what people should know while it goes on
 */
export function decideUpdateStatus(
  service: Service,
  policy: UpdatePolicy,
  progress: UpdateProgress,
  { now, note }: { now: number; note: string },
): UpdateDecision {
  const recorded = service.updateStatus;
  if (!recorded) return begin(service, policy, progress.outdated, now);
  if (!isUpdating(service)) return NOTHING;
  const failure = decisiveFailure(policy, progress, recorded.slots ?? 0);
  if (failure) return answer(service, recorded, policy, failure);
  if (progress.outdated === 0 && progress.starting.length === 0 && progress.unsettledMs === 0) {
    return complete(recorded, policy, now);
  }
  const message = begunMessage(service, policy) + (note && ` (${note})`);
  return note && recorded.message !== message ? { kind: 'status', status: { ...recorded, message } } : NOTHING;
}

function begin(service: Service, policy: UpdatePolicy, outdated: number, now: number): UpdateDecision {
  // Docker says that a rollback has begun even where no task is different.
  if (outdated === 0 && !policy.isRollback) return NOTHING;
  return {
    kind: 'status',
    status: {
      state: policy.isRollback ? UpdateStatus_State.rollback_started : UpdateStatus_State.updating,
      startedAt: new Date(now).toISOString(),
      completedAt: '',
      message: begunMessage(service, policy),
      serviceVersion: service.version?.index ?? 0,
      slots: outdated,
    },
  };
}

function begunMessage({ change }: Service, { isRollback }: UpdatePolicy): string {
  return isRollback ? change?.message || 'rollback in progress' : 'update in progress';
}

function complete(recorded: UpdateStatus, { isRollback }: UpdatePolicy, now: number): UpdateDecision {
  return {
    kind: 'status',
    status: {
      ...recorded,
      state: isRollback ? UpdateStatus_State.rollback_completed : UpdateStatus_State.completed,
      completedAt: new Date(now).toISOString(),
      message: isRollback ? 'rollback completed' : 'update completed',
    },
  };
}

/** The failure that is one too many for the policy, if there is one. */
export function decisiveFailure(policy: UpdatePolicy, { failures }: UpdateProgress, slots: number): UpdateFailure | undefined {
  if (policy.failureAction === 'continue') return undefined;
  const ratio = failures.length / Math.max(slots, 1);
  return ratio > policy.maxFailureRatio ? failures.at(-1) : undefined;
}

function answer(service: Service, recorded: UpdateStatus, policy: UpdatePolicy, failure: UpdateFailure): UpdateDecision {
  const because = `due to failure or early termination of task ${failure.taskId}${failure.why && `: ${failure.why}`}`;
  const wantsRollback = policy.failureAction === 'rollback' && !policy.isRollback;
  if (wantsRollback && service.previousSpec) return { kind: 'rollBack', message: `update rolled back ${because}` };
  const what = policy.isRollback ? 'rollback' : 'update';
  const state = policy.isRollback ? UpdateStatus_State.rollback_paused : UpdateStatus_State.paused;
  const lacks = wantsRollback ? '; there is no previous spec to go back to' : '';
  return { kind: 'status', status: { ...recorded, state, message: `${what} paused ${because}${lacks}` } };
}
