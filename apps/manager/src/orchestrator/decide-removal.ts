import { TaskState } from '#common/domain';
import type { Change, Plan } from './change';
import { decideReaping } from './reaper/decide-reaping';
import type { ServiceSnapshot } from './service-snapshot';

/** A service that is gone takes its tasks along. */
export function decideRemoval(snapshot: ServiceSnapshot): Plan {
  const toStop = snapshot.tasks.filter((task) => task.desiredState !== TaskState.remove);
  return {
    changes: [
      ...toStop.map((task): Change => ({ kind: 'setDesiredState', task, to: TaskState.remove, reason: 'service removed' })),
      ...decideReaping(snapshot.tasks, [], { node: (id) => snapshot.node(id), historyLimit: 0 }),
    ],
  };
}
