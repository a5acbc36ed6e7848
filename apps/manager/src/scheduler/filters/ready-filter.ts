import { acceptsTasks } from '#common/domain';
import type { NodeInfo } from '../node-info';
import type { Filter } from './filter';

/** The node is connected, its engine answers, and it is neither paused nor drained. */
export const readyFilter: Filter = {
  name: 'ready',
  prepare: () => [
    {
      admits: (info) => acceptsTasks(info.node),
      why: (nodes) => (nodes === 1 ? '1 node not available for new tasks' : `${nodes} nodes not available for new tasks`),
      refusal: stateOf,
    },
  ],
};

function stateOf({ node }: NodeInfo): string {
  return `the node is ${node.status?.state ?? 'unknown'} and its availability is ${node.spec?.availability ?? 'unknown'}`;
}
