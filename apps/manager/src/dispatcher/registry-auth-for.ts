import { isActive, observedState, stateRank, TaskState } from '#common/domain';
import type { RegistryAuth } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';

/** The credentials that a node needs for these tasks: none for those that have their image already, or are to stop. */
export function registryAuthFor(
  tasks: readonly Task[],
  authOf: (serviceId: string) => string | undefined,
): RegistryAuth | undefined {
  const pulling = new Set(tasks.filter(stillPulls).map(({ serviceId }) => serviceId));
  const known = [...pulling].flatMap((serviceId): [string, Buffer][] => {
    const auth = authOf(serviceId);
    return auth === undefined ? [] : [[serviceId, Buffer.from(auth)]];
  });
  return known.length > 0 ? { byService: Object.fromEntries(known) } : undefined;
}

function stillPulls(task: Task): boolean {
  return isActive(task) && stateRank(observedState(task)) < stateRank(TaskState.ready);
}
