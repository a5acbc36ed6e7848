import { isKnownState, isTerminal, stateRank, TaskState } from '#common/domain';
import { assertNever } from '#common/errors';
import type { ObservedContainer } from '../executor/executor';

/** What is wanted of a task on this node. `forget`: the manager no longer speaks of it. */
export type Goal = 'run' | 'park' | 'stop' | 'remove' | 'forget';

/** The container as last seen. `unknown`: the engine has to be asked. */
export type ContainerView = 'unknown' | 'absent' | ObservedContainer;

/** All that the next step depends on. */
export interface Observed {
  /** Newest state that the agent or a manager knows of. */
  readonly state: TaskState;
  readonly container: ContainerView;
  /** The container has been seen unhealthy while it ran. Ending it hides this, so it is kept apart. */
  readonly unhealthy: boolean;
  /** Whether an ended container is the agent's to start again, no manager being within reach: `later` once its delay is over. */
  readonly restart: 'no' | 'later' | 'now';
}

/** One thing to do; afterwards the task is looked at afresh. `pause`: nothing until the engine or the manager has news. */
export type Step =
  | { readonly kind: 'look' | 'prepare' | 'start' | 'stop' | 'remove' | 'pause' | 'end' }
  | { readonly kind: 'report'; readonly state: TaskState; readonly err?: string };

const LOOK: Step = { kind: 'look' };
const PREPARE: Step = { kind: 'prepare' };
const START: Step = { kind: 'start' };
const STOP: Step = { kind: 'stop' };
const REMOVE: Step = { kind: 'remove' };
const PAUSE: Step = { kind: 'pause' };
const END: Step = { kind: 'end' };

/** What the manager's desired state asks of the agent. One without a name here asks for nothing: what runs goes on, nothing is started. */
export function toGoal(desired: TaskState): Goal {
  if (desired === TaskState.remove) return 'remove';
  if (desired === TaskState.running || desired === TaskState.complete) return 'run';
  return isKnownState(desired) && isTerminal(desired) ? 'stop' : 'park';
}

/**
 * The next step towards the goal. Reported states only move forward, a task that has ended never runs again (but a container may,
 * while no manager can be told of its end), and from whatever is observed a bounded number of steps leads to `pause` or `end`.
 */
export function nextStep(observed: Observed, goal: Goal): Step {
  if (observed.container === 'unknown') return LOOK;
  if (goal !== 'run' && goal !== 'park') return leave(observed, observed.container, goal);
  if (isTerminal(observed.state)) return isRunning(observed.container) ? STOP : PAUSE;
  if (isBefore(observed.state, TaskState.accepted)) return report(TaskState.accepted);
  if (observed.container === 'absent') return make(observed);
  switch (observed.container.phase) {
    case 'created':
      return begin(observed, goal);
    case 'running':
      return keep(observed, observed.container);
    case 'exited':
      return afterExit(observed, observed.container);
    default:
      return assertNever(observed.container.phase);
  }
}

function leave(observed: Observed, container: 'absent' | ObservedContainer, goal: 'stop' | 'remove' | 'forget'): Step {
  if (isRunning(container)) return STOP;
  if (goal !== 'forget' && !isTerminal(observed.state)) return report(TaskState.shutdown);
  if (goal !== 'stop' && container !== 'absent') return REMOVE;
  return goal === 'forget' ? END : PAUSE;
}

function make(observed: Observed): Step {
  if (isBefore(observed.state, TaskState.preparing)) return report(TaskState.preparing);
  // A container that vanished while it was parked is made again; one that had been started is a loss to report.
  if (isBefore(observed.state, TaskState.starting)) return PREPARE;
  return report(TaskState.failed, 'the container is gone from the engine');
}

function begin(observed: Observed, goal: 'run' | 'park'): Step {
  if (isBefore(observed.state, TaskState.ready)) return report(TaskState.ready);
  if (goal === 'park') return PAUSE;
  return isBefore(observed.state, TaskState.starting) ? report(TaskState.starting) : START;
}

function keep(observed: Observed, container: ObservedContainer): Step {
  if (observed.unhealthy) return STOP;
  const reached = container.health === 'starting' ? TaskState.starting : TaskState.running;
  return isBefore(observed.state, reached) ? report(reached) : PAUSE;
}

function afterExit(observed: Observed, container: ObservedContainer): Step {
  if (observed.restart !== 'no') return observed.restart === 'now' ? START : PAUSE;
  if (observed.unhealthy) return report(TaskState.failed, 'unhealthy container');
  return endedWell(container) ? report(TaskState.complete) : report(TaskState.failed, exitText(container));
}

/** Whether a container that has exited did what it was for. */
export function endedWell({ exitCode, error }: ObservedContainer): boolean {
  return exitCode === 0 && error === '';
}

function exitText({ exitCode, error, outOfMemory }: ObservedContainer): string {
  const cause = error || (outOfMemory ? 'out of memory' : '');
  return `task: non-zero exit (${exitCode})${cause && `: ${cause}`}`;
}

function isRunning(container: 'absent' | ObservedContainer): boolean {
  return container !== 'absent' && container.phase === 'running';
}

function isBefore(state: TaskState, other: TaskState): boolean {
  return stateRank(state) < stateRank(other);
}

function report(state: TaskState, err?: string): Step {
  return { kind: 'report', state, err };
}
