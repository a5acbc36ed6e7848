import { TaskStatus_State, taskStatus_StateToNumber, type Task, type TaskStatus } from '../proto';

export { TaskStatus_State as TaskState };

type Owner = 'scheduler' | 'agent' | 'leader' | 'reaper';
type Transition = readonly [from: TaskStatus_State | null, to: TaskStatus_State | null];

const S = TaskStatus_State;
const NO_RANK = 0;
const LIVE = [S.assigned, S.accepted, S.preparing, S.ready, S.starting, S.running] as const;

const to = (target: TaskStatus_State, from: readonly TaskStatus_State[]): Transition[] => from.map((state) => [state, target]);

/**
 * Every transition of a task's observed state, by the component that may make it. `null` is "does not exist".
 * States only move forward; an agent may skip states (it reports the newest only).
 */
export const TRANSITIONS: Readonly<Record<Owner, readonly Transition[]>> = {
  scheduler: [
    [null, S.pending],
    [null, S.assigned],
    [S.pending, S.assigned],
  ],
  agent: [
    ...to(S.accepted, [S.assigned]),
    ...to(S.preparing, [S.assigned, S.accepted]),
    ...to(S.ready, [S.assigned, S.accepted, S.preparing]),
    ...to(S.starting, [S.assigned, S.accepted, S.preparing, S.ready]),
    ...to(S.running, [S.assigned, S.accepted, S.preparing, S.ready, S.starting]),
    ...to(S.complete, LIVE),
    ...to(S.shutdown, LIVE),
    ...to(S.failed, LIVE),
    ...to(S.rejected, [S.assigned, S.accepted, S.preparing, S.ready]),
  ],
  // Nobody will hear of the task again: its node was removed, or has been down for a day (SwarmKit dispatcher.go).
  leader: to(S.orphaned, LIVE),
  reaper: [S.pending, S.complete, S.shutdown, S.failed, S.rejected, S.orphaned].map((state): Transition => [state, null]),
};

/** Position of a state in a task's life, also of one without a name here: later states have higher numbers (SwarmKit's numbering). */
export function stateRank(state: TaskStatus_State): number {
  try {
    return taskStatus_StateToNumber(state);
  } catch {
    // A newer manager's JSON gives its states names, of which only it knows the numbers.
    return NO_RANK;
  }
}

/** Whether the task has ended: it will never run (again). */
export function isTerminal(state: TaskStatus_State): boolean {
  return stateRank(state) >= stateRank(S.complete);
}

/** Whether `owner` may move a task from `from` to `next`. */
function mayMove(owner: Owner, from: TaskStatus_State | null, next: TaskStatus_State | null): boolean {
  return TRANSITIONS[owner].some(([a, b]) => a === from && b === next);
}

/**
 * Whether the task is meant to run, now or once its turn comes; one that is being replaced or removed is not. What a newer program
 * wants of it by a name that is not known here ends nothing.
 */
export function isActive({ desiredState }: Task): boolean {
  return !isKnownState(desiredState) || stateRank(desiredState) <= stateRank(S.complete);
}

/** Whether this program has a name for the state: see `unknown-values.ts`. */
export function isKnownState(state: TaskStatus_State): boolean {
  return Object.hasOwn(S, state);
}

/** States a task may be in when its node disappears without a trace. */
export function isOnNode(state: TaskStatus_State): boolean {
  return stateRank(state) >= stateRank(S.assigned) && !isTerminal(state);
}

/** Observed state of a task: NEW until somebody has said something. */
export function observedState(task: Task): TaskStatus_State {
  return task.status?.state ?? S.new;
}

/**
 * Whether an agent may report `next` of a task that is known to be in `known`: a transition of its own, or more about the same state.
 * Statuses that arrive late or twice are neither.
 */
export function mayReport(known: TaskStatus | undefined, next: TaskStatus): boolean {
  const [from, to] = [known?.state ?? S.new, next.state ?? S.new];
  return from === to || mayMove('agent', from, to);
}
