import { encryptionProblemOf, findPredefinedNetwork, isEncrypted, overlayProblemOf, publishesOnEveryNode } from '#common/domain';
import type { NodeDescription, Task } from '#common/proto';
import { onNodes, type Check, type Filter } from './filter';

/**
 * A task on an overlay network, or with a port published on every node, needs a node whose agent can make such networks; one on an
 * encrypted network a node that has WireGuard.
 */
export const overlayFilter: Filter = {
  name: 'overlay networks',
  prepare(task) {
    if (!needsOverlay(task)) return [];
    const needsEncryption = task.networksAttachments.some(({ network }) => isEncrypted(network?.spec?.driverConfiguration));
    return [
      withoutProblem('overlay networks', overlayProblemOf),
      ...(needsEncryption ? [withoutProblem('encrypted networks', encryptionProblemOf)] : []),
    ];
  },
};

function withoutProblem(what: string, problemOf: (description: NodeDescription | undefined) => string): Check {
  return {
    admits: ({ node }) => problemOf(node.description) === '',
    why: (nodes) => `no ${what} ${onNodes(nodes)}`,
    refusal: ({ node }) => `no ${what}: ${problemOf(node.description)}`,
  };
}

function needsOverlay({ spec, endpointSpec }: Task): boolean {
  const isAttached = spec?.networks.some(({ target }) => !findPredefinedNetwork(target)) ?? false;
  return isAttached || publishesOnEveryNode(endpointSpec);
}
