import { isId } from '#common/identity';
import { Assignments_Type, type Assignments, type Task } from '#common/proto';

/** What a message of assignments changes. */
export interface AssignmentChanges {
  /** Tasks that are new or newly described. */
  readonly assign: readonly Task[];
  /** Ids of known tasks that the manager no longer speaks of. */
  readonly forget: readonly string[];
  /** Ids that no manager of ours would send, cut short for the log. */
  readonly refused: readonly string[];
}

const SHOWN_CHARACTERS = 40;

/**
 * Compares a message with the tasks that the agent knows. A COMPLETE set names everything, so what it does not name is to be
 * forgotten; an INCREMENTAL one says so itself. Ids end up in labels and in the engine's URLs: one that is not an id is refused.
 */
export function diffAssignments(knownTaskIds: Iterable<string>, message: Assignments): AssignmentChanges {
  const assign = message.update.filter((task) => isId(task.id));
  const refused = message.update.filter((task) => !isId(task.id)).map((task) => task.id.slice(0, SHOWN_CHARACTERS));
  const named = new Set(assign.map((task) => task.id));
  const known = [...knownTaskIds];
  const removed = new Set(message.remove);
  const forget =
    message.type === Assignments_Type.COMPLETE
      ? known.filter((id) => !named.has(id))
      : known.filter((id) => removed.has(id) && !named.has(id));
  return { assign, forget, refused };
}
