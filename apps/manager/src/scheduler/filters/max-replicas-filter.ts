import type { Filter } from './filter';

/** The node has fewer tasks of the service than the service allows per node. */
export const maxReplicasFilter: Filter = {
  name: 'max replicas',
  prepare(task) {
    const most = task.spec?.placement?.maxReplicas ?? 0;
    if (most === 0) return undefined;
    return (info) => (info.tasksByService.get(task.serviceId) ?? 0) < most;
  },
  why: () => 'max replicas per node limit exceed',
};
