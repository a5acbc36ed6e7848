import type { Task } from '#common/proto';
import type { PlacementSession } from '../scheduler/placement-session';
import type { Change } from './change';
import { isActive, isUnassigned } from './slots';

/** Tasks of the service that wait for a node once the changes have been applied. */
export function tasksToPlace(tasks: readonly Task[], changes: readonly Change[]): Task[] {
  const stopped = new Set(changes.flatMap((change) => (change.kind === 'setDesiredState' && !isActive({ ...change.task, desiredState: change.to }) ? [change.task.id] : [])));
  const waiting = tasks.filter((task) => isActive(task) && isUnassigned(task) && !stopped.has(task.id));
  const created = changes.flatMap((change) => (change.kind === 'createTask' ? [change.task] : []));
  return [...waiting, ...created];
}

/** Finds a node for each task; a task that no node takes says why, and is written again only when its reason has changed. */
export function placeTasks(tasks: readonly Task[], session: PlacementSession): Change[] {
  const { placed, unplaced } = session.place(tasks);
  return [
    ...placed.map(({ task, nodeId }): Change => ({ kind: 'assignTask', task, nodeId })),
    ...unplaced
      .filter(({ task, reason }) => task.status?.err !== reason)
      .map(({ task, reason }): Change => ({ kind: 'holdTask', task, reason })),
  ];
}
