import { isActive } from '#common/domain';
import type { Task } from '#common/proto';
import type { PlacementSession } from '../scheduler/placement-session';
import type { Change } from './change';
import { isUnassigned } from './slots';

/** Tasks of the service that wait for a node once the changes have been applied. */
export function tasksToPlace(tasks: readonly Task[], changes: readonly Change[]): Task[] {
  const stopped = stoppedBy(changes);
  const waiting = tasks.filter((task) => isActive(task) && isUnassigned(task) && !stopped.has(task));
  const created = changes.flatMap((change) => (change.kind === 'createTask' ? [change.task] : []));
  return [...waiting, ...created];
}

/** Tasks that the changes tell to stop. */
function stoppedBy(changes: readonly Change[]): Set<Task> {
  const isStop = (change: Change): change is Extract<Change, { kind: 'setDesiredState' }> =>
    change.kind === 'setDesiredState' && isActive(change.task) && !isActive({ ...change.task, desiredState: change.to });
  return new Set(changes.filter(isStop).map(({ task }) => task));
}

/** Where the tasks of one service go, given what was decided about them. */
export interface Placements {
  changes: Change[];
  /** Whether a task found no node. */
  isWaiting: boolean;
}

/** Finds nodes for `toPlace`; a node that loses a task in the same pass is free for the next. */
export function decidePlacements(
  toPlace: readonly Task[],
  decided: readonly Change[],
  session: PlacementSession,
  now: number,
): Placements {
  for (const task of stoppedBy(decided)) session.leave(task);
  const changes = placeTasks(toPlace, session, now);
  return { changes, isWaiting: changes.filter(({ kind }) => kind === 'assignTask').length < toPlace.length };
}

/** A reason that differs in its numbers only is written at most this often: nodes come and go by the hundred. */
const REASON_REFRESH_MS = 5_000;

/** Finds a node for each task, or asks the node that the task is bound to; a task that no node takes says why. */
function placeTasks(tasks: readonly Task[], session: PlacementSession, now: number): Change[] {
  const free = tasks.filter((task) => task.nodeId === '');
  const bound = tasks.filter((task) => task.nodeId !== '');
  const results = [session.place(free), ...bound.map((task) => session.placeOn(task.nodeId, task))];
  const unplaced = results.flatMap((result) => result.unplaced);
  return [
    ...results.flatMap((result) => result.placed).map((placed): Change => ({ kind: 'assignTask', ...placed })),
    ...unplaced
      .filter(({ task, reason }) => isNewReason(task, reason, now))
      .map(({ task, reason }): Change => ({ kind: 'holdTask', task, reason })),
  ];
}

function isNewReason(task: Task, reason: string, now: number): boolean {
  const known = task.status?.err ?? '';
  if (known === reason) return false;
  // From a time to come, too: nobody is to read the old numbers until the clock that was set back gets there.
  const isOld = Math.abs(now - Date.parse(task.status?.timestamp ?? '')) >= REASON_REFRESH_MS;
  return isOld || shapeOf(known) !== shapeOf(reason);
}

function shapeOf(reason: string): string {
  return reason.replace(/\d+/g, '#').replace(/nodes?/g, 'node');
}
