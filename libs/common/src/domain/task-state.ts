import { TaskStatus_State, taskStatus_StateToNumber, type Task, type TaskStatus } from '../proto';

export { TaskStatus_State as TaskState };

type Owner = 'orchestrator' | 'allocator' | 'scheduler' | 'agent' | 'dispatcher' | 'reaper';
type Transition = readonly [from: TaskStatus_State | null, to: TaskStatus_State | null];

const S = TaskStatus_State;
const LIVE = [S.assigned, S.accepted, S.preparing, S.ready, S.starting, S.running] as const;

const to = (target: TaskStatus_State, from: readonly TaskStatus_State[]): Transition[] => from.map((state) => [state, target]);

/**
 * Every transition of a task's observed state, by the component that may make it. `null` is "does not exist".
 * States only move forward; an agent may skip states (it reports the newest only).
 */
export const TRANSITIONS: Readonly<Record<Owner, readonly Transition[]>> = {
  orchestrator: [[null, S.new]],
  allocator: [[S.new, S.pending]],
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
  dispatcher: to(S.orphaned, LIVE),
  reaper: [
    ...([S.new, S.pending, S.complete, S.shutdown, S.failed, S.rejected, S.remove, S.orphaned] as const).map(
      (state): Transition => [state, null],
    ),
  ],
};

/** Position of a state in a task's life: later states have higher numbers (SwarmKit's numbering). */
export function stateRank(state: TaskStatus_State): number {
  return taskStatus_StateToNumber(state);
}

/** Whether the task has ended: it will never run (again). */
export function isTerminal(state: TaskStatus_State): boolean {
  return stateRank(state) >= stateRank(S.complete);
}

/** Whether `owner` may move a task from `from` to `next`. */
export function mayMove(owner: Owner, from: TaskStatus_State | null, next: TaskStatus_State | null): boolean {
  return TRANSITIONS[owner].some(([a, b]) => a === from && b === next);
}

/** States a task may be in when its node disappears without a trace. */
export function isOnNode(state: TaskStatus_State): boolean {
  return stateRank(state) >= stateRank(S.assigned) && !isTerminal(state);
}

/** Observed state of a task: NEW until somebody has said something. */
export function observedState(task: Task): TaskStatus_State {
  return task.status?.state ?? S.new;
}

/** Whether `next` is a step forward from what is known: statuses that arrive late or twice are not. */
export function isForward(known: TaskStatus | undefined, next: TaskStatus): boolean {
  return stateRank(next.state ?? S.new) >= stateRank(known?.state ?? S.new);
}
