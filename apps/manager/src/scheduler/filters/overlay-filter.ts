import type { Node, Task } from '#common/proto';
import { onNodes, type Filter } from './filter';

/** What every engine has by itself. */
const PREDEFINED: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

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
  const isPublished = endpointSpec?.ports.some(({ publishMode }) => publishMode !== 'host') ?? false;
  return isPublished || (spec?.networks.some(({ target }) => !PREDEFINED.has(target)) ?? false);
}

/** Why the node can have no overlay networks; empty when it can. */
function overlayProblem({ description }: Node): string {
  return description?.networking ? description.networking.overlayProblem : 'its agent tells nothing of networks';
}
