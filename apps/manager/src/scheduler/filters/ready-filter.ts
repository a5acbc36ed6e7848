import { acceptsTasks } from '#common/domain';
import type { Filter } from './filter';

/** The node is connected, its engine answers, and it is neither paused nor drained. */
export const readyFilter: Filter = {
  name: 'ready',
  prepare: () => (info) => acceptsTasks(info.node),
  why: (nodes) => (nodes === 1 ? '1 node not available for new tasks' : `${nodes} nodes not available for new tasks`),
};
