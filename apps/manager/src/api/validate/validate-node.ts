import { NodeRole } from '#common/domain';
import type { DomainError } from '#common/errors';
import type { Node, NodeSpec } from '#common/proto';
import { failedPrecondition, unreadableSpec } from './api-errors';

/** A node's spec is replaced as a whole, so both of its enumerations have to be there. @throws DomainError INVALID_ARGUMENT */
export function validateNodeSpec(spec: NodeSpec): void {
  if (spec.role === undefined) throw unreadableSpec('invalid Role: ""');
  if (spec.availability === undefined) throw unreadableSpec('invalid Availability: ""');
}

/** @throws DomainError FAILED_PRECONDITION when the cluster would be left without a manager */
export function validateRoleChange(before: Node, after: NodeSpec, nodes: readonly Node[]): void {
  if (!isManager(before) || after.role === NodeRole.manager) return;
  if (nodes.filter(isManager).length <= 1) throw failedPrecondition('attempting to demote the last manager of the swarm');
}

/** @throws DomainError FAILED_PRECONDITION: a manager's node, or one that is not down unless `force` is given */
export function validateNodeRemoval(node: Node, isDown: boolean, force: boolean): void {
  if (isManager(node) && node.managerStatus?.reachability === 'reachable') {
    throw failedPrecondition(
      `node ${node.id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`,
    );
  }
  if (!isDown && !force) throw nodeNotDown(node.id);
}

/** The refusal to remove a node that may still run tasks. */
export function nodeNotDown(id: string): DomainError {
  return failedPrecondition(`node ${id} is not down and can't be removed`);
}

function isManager(node: Node): boolean {
  return node.spec?.role === NodeRole.manager;
}
