import { isTerminal, observedState } from '#common/domain';
import type { Task } from '#common/proto';
import type { ClusterView } from '#common/store';

const ID_PREFIX = /^[0-9a-f]{4,64}$/;

/**
 * The task whose container a client means: by the container's id or the beginning of it, or by its name (`web.3.<task id>`). Undefined
 * when it is no task's, or the beginning of an id is of several.
 */
export function taskOfContainer(view: ClusterView, name: string): Task | undefined {
  const wanted = name.startsWith('/') ? name.slice(1) : name;
  const dot = wanted.lastIndexOf('.');
  const named = dot > 0 ? view.task(wanted.slice(dot + 1)) : undefined;
  if (named) return wanted.startsWith(`${named.serviceName}.`) ? named : undefined;
  if (!ID_PREFIX.test(wanted)) return undefined;
  const matching = view.tasks().filter(({ status }) => status?.containerStatus?.containerId.startsWith(wanted));
  return matching.length === 1 ? matching[0] : undefined;
}

/** The task's container as its node's engine knows it; undefined while there is none. */
export function containerIdOf({ status }: Task): string | undefined {
  return status?.containerStatus?.containerId || undefined;
}

/** Whether the task's process is there. */
export function isAlive(task: Task): boolean {
  return containerIdOf(task) !== undefined && !isTerminal(observedState(task));
}
