import { isActive } from '#common/domain';
import type { Task } from '#common/proto';
import type { PlacementSession } from '../scheduler/placement-session';
import type { Change } from './change';
import { isUnassigned } from './slots';

/** Tasks of the service that wait for a node once the changes have been applied. */
export function tasksToPlace(tasks: readonly Task[], changes: readonly Change[]): Task[] {
  const stopped = new Set(
    changes.flatMap((change) =>
      change.kind === 'setDesiredState' && !isActive({ ...change.task, desiredState: change.to }) ? [change.task.id] : [],
    ),
  );
  const waiting = tasks.filter((task) => isActive(task) && isUnassigned(task) && !stopped.has(task.id));
  const created = changes.flatMap((change) => (change.kind === 'createTask' ? [change.task] : []));
  return [...waiting, ...created];
}

/** A reason that differs in its numbers only is written at most this often: nodes come and go by the hundred. */
const REASON_REFRESH_MS = 5_000;

/** Finds a node for each task, or asks the node that the task is bound to; a task that no node takes says why. */
export function placeTasks(tasks: readonly Task[], session: PlacementSession, now: number): Change[] {
  const free = tasks.filter((task) => task.nodeId === '');
  const bound = tasks.filter((task) => task.nodeId !== '');
  const results = [session.place(free), ...bound.map((task) => session.placeOn(task.nodeId, task))];
  const placed = results.flatMap((result) => result.placed);
  const unplaced = results.flatMap((result) => result.unplaced);
  return [
    ...placed.map(({ task, nodeId }): Change => ({ kind: 'assignTask', task, nodeId })),
    ...unplaced
      .filter(({ task, reason }) => isNewReason(task, reason, now))
      .map(({ task, reason }): Change => ({ kind: 'holdTask', task, reason })),
  ];
}

function isNewReason(task: Task, reason: string, now: number): boolean {
  const known = task.status?.err ?? '';
  if (known === reason) return false;
  const isOld = now - Date.parse(task.status?.timestamp ?? '') >= REASON_REFRESH_MS;
  return isOld || shapeOf(known) !== shapeOf(reason);
}

function shapeOf(reason: string): string {
  return reason.replace(/\d+/g, '#').replace(/nodes?/g, 'node');
}
