import { Assignments_Type, type Assignments } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';

/** What a message of assignments changes. */
export interface AssignmentChanges {
  /** Tasks that are new or newly described. */
  readonly assign: readonly Task[];
  /** Ids of known tasks that the manager no longer speaks of. */
  readonly forget: readonly string[];
}

/**
 * Compares a message with the tasks that the agent knows. A COMPLETE set names everything, so what it does not name is to be
 * forgotten; an INCREMENTAL one says so itself. What a message both describes and removes is to be had.
 */
export function toChanges(knownTaskIds: Iterable<string>, message: Assignments): AssignmentChanges {
  const named = new Set(message.update.map((task) => task.id));
  const removed = new Set(message.remove);
  const isGone = (id: string): boolean => message.type === Assignments_Type.COMPLETE || removed.has(id);
  return { assign: message.update, forget: [...knownTaskIds].filter((id) => !named.has(id) && isGone(id)) };
}
