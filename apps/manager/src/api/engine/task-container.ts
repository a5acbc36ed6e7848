import { isTerminal, observedState } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Task } from '#common/proto';
import type { ClusterView } from '#common/store';

const ID_PREFIX = /^[0-9a-f]{4,64}$/;
const ID = /^[0-9a-f]{64}$/;

/** A task whose container a client means, and by what. */
export interface MeantTask {
  readonly task: Task;
  /** By its id, which is what a node says, or by its name, which managers made. */
  readonly by: 'id' | 'name';
}

/**
 * The task whose container a client means: by the container's id or the beginning of it, or by its name (`web.3.<task id>`). Undefined
 * when it is no task's.
 */
export function taskOfContainer(view: ClusterView, name: string): MeantTask | 'several' | undefined {
  const wanted = name.startsWith('/') ? name.slice(1) : name;
  const dot = wanted.lastIndexOf('.');
  const named = dot > 0 ? view.task(wanted.slice(dot + 1)) : undefined;
  if (named) return wanted.startsWith(`${named.serviceName}.`) ? { task: named, by: 'name' } : undefined;
  if (!ID_PREFIX.test(wanted)) return undefined;
  const matching = ID.test(wanted)
    ? view.tasksWithContainer(wanted)
    : view.tasks().filter((task) => containerIdOf(task)?.startsWith(wanted));
  // Attachments of one container to several networks are one container.
  if (new Set(matching.map((task) => `${task.nodeId} ${containerIdOf(task)}`)).size > 1) return 'several';
  const [task] = matching;
  return task && { task, by: 'id' };
}

/** In Docker's words. */
export function ambiguous(prefix: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `Multiple IDs found with provided prefix: ${prefix}`);
}

/** The task's container as its node's engine knows it; undefined while there is none. */
export function containerIdOf({ status }: Task): string | undefined {
  const id = status?.containerStatus?.containerId ?? '';
  return ID.test(id) ? id : undefined;
}

/** Whether the task's process is there. */
export function isAlive(task: Task): boolean {
  return containerIdOf(task) !== undefined && !isTerminal(observedState(task));
}
