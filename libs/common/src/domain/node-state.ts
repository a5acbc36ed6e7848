import { NodeSpec_Availability, NodeSpec_Role, NodeStatus_State, type Node } from '../proto';
import { availabilityOf } from './unknown-values';

export { NodeSpec_Availability as NodeAvailability, NodeSpec_Role as NodeRole, NodeStatus_State as NodeState };

/** The availability that goes by this name; undefined when there is none. */
export function toAvailability(name: string): NodeSpec_Availability | undefined {
  return Object.values(NodeSpec_Availability).find((each) => each === name);
}

/** Whether the node's agent is connected and its engine answers. */
export function isReady(node: Node): boolean {
  return node.status?.state === NodeStatus_State.ready;
}

/** Whether new tasks may be placed on the node. */
export function acceptsTasks(node: Node): boolean {
  return isReady(node) && availabilityOf(node) === NodeSpec_Availability.active;
}

/** Whether tasks on the node have to move: it is down, drained, or gone from the cluster. A paused node keeps its tasks. */
export function mustLeave(node: Node | undefined): boolean {
  return (
    node === undefined || node.status?.state === NodeStatus_State.down || node.spec?.availability === NodeSpec_Availability.drain
  );
}
