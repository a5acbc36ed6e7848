import { TaskState, stateRank } from '#common/domain';
import { isCode, messageOf } from '#common/errors';
import type { Step } from './next-step';
import type { StatusMove } from './task-status';

/** What follows a step that failed. */
export type Verdict = 'retry' | 'give up';

// With the waits between them about two seconds: longer than a port or a name stays taken by a container that is just leaving.
const MAX_REFUSALS = 5;
const FIRST_RETRY_MS = 100;
/** Below the two seconds within which the truth is to be told once the engine is back. */
const LONGEST_RETRY_MS = 1_000;

/**
 * An engine that does not answer is waited for without end. One that answers with a failure is asked a few times more and then
 * taken at its word, but only about making or starting a container: looking, stopping and removing have no alternative.
 */
export function judgeFailure(error: unknown, step: Step, failures: number): Verdict {
  if (isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED')) return 'retry';
  if (step.kind !== 'prepare' && step.kind !== 'start') return 'retry';
  const mayPass = isCode(error, 'INTERNAL', 'RESOURCE_EXHAUSTED', 'ALREADY_EXISTS', 'NOT_FOUND');
  return mayPass && failures < MAX_REFUSALS ? 'retry' : 'give up';
}

/** Milliseconds before the next try after `failures` (1 or more) failed ones. */
export function retryDelayMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
}

/**
 * How a task ends that cannot go on: one that never started was rejected by this node; one that did, or tried to, has failed.
 * `err` is the engine's own text as Docker shows it; what led to it, such as the reason of a failed pull, is the message.
 */
export function failureMove(state: TaskState, step: Step, error: unknown): Omit<StatusMove, 'at'> {
  const ended = stateRank(state) < stateRank(TaskState.starting) ? TaskState.rejected : TaskState.failed;
  const err = step.kind === 'start' ? `starting container failed: ${messageOf(error)}` : messageOf(error);
  const reason = isCode(error, 'FAILED_PRECONDITION') && error.cause !== undefined ? messageOf(error.cause) : undefined;
  return { state: ended, err, message: reason };
}
