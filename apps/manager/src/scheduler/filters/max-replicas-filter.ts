import type { Filter } from './filter';

/** Docker's words. */
export const LIMIT_REACHED = 'max replicas per node limit exceed';

/** The node has fewer tasks of the service than the service allows per node. */
export const maxReplicasFilter: Filter = {
  name: 'max replicas',
  prepare(task) {
    const most = task.spec?.placement?.maxReplicas ?? 0;
    if (most === 0) return [];
    return [
      {
        admits: (info) => (info.tasksByService.get(task.serviceId) ?? 0) < most,
        why: () => LIMIT_REACHED,
        refusal: (info) =>
          `tasks of the service there: ${info.tasksByService.get(task.serviceId) ?? 0}, at most ${most} per node`,
      },
    ];
  },
};
