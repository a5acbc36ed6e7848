import { findPredefinedNetwork, publishesOnEveryNode } from '#common/domain';
import type { Node, Task } from '#common/proto';
import { onNodes, type Filter } from './filter';

/** A task on an overlay network, or with a port published on every node, needs a node whose agent can make such networks. */
export const overlayFilter: Filter = {
  name: 'overlay networks',
  prepare(task) {
    if (!needsOverlay(task)) return [];
    return [
      {
        admits: ({ node }) => overlayProblem(node) === '',
        why: (nodes) => `no overlay networks ${onNodes(nodes)}`,
        refusal: ({ node }) => `no overlay networks: ${overlayProblem(node)}`,
      },
    ];
  },
};

function needsOverlay({ spec, endpointSpec }: Task): boolean {
  const isAttached = spec?.networks.some(({ target }) => !findPredefinedNetwork(target)) ?? false;
  return isAttached || publishesOnEveryNode(endpointSpec);
}

/** Why the node can have no overlay networks; empty when it can. */
function overlayProblem({ description }: Node): string {
  return description?.networking ? description.networking.overlayProblem : 'its agent tells nothing of networks';
}
