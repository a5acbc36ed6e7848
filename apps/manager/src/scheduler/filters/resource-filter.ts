import { reservationOf } from '../node-info';
import { onNodes, type Filter } from './filter';

/** What the task reserves is free. */
export const resourceFilter: Filter = {
  name: 'resources',
  prepare(task) {
    const { nanoCpus, memoryBytes } = reservationOf(task);
    if (nanoCpus === 0 && memoryBytes === 0) return undefined;
    return (info) => info.freeNanoCpus >= nanoCpus && info.freeMemoryBytes >= memoryBytes;
  },
  why: (nodes) => `insufficient resources ${onNodes(nodes)}`,
};
