import { NodeAvailability, NodeRole, NodeState, toAvailability } from '#common/domain';
import type { Hello } from '#common/dispatcher-proto';
import type { Node, ObservedNode } from '#common/proto';

/** How an agent came to this manager. */
export interface Arrival {
  managerId: string;
  sessionId: string;
  address: string;
  besideManager: boolean;
  /** Whether it calls from the address that it advertises. */
  callsFromItsAddress: boolean;
}

/** The node as it is created at its first hello: Docker's defaults; the node beside a manager has the manager's role. */
export function newNode({ nodeId, availability }: Hello, arrival: Arrival, now: Date): Node {
  return {
    id: nodeId,
    version: undefined,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    spec: {
      name: '',
      labels: {},
      role: arrival.besideManager ? NodeRole.manager : NodeRole.worker,
      availability: toAvailability(availability) ?? NodeAvailability.active,
    },
    description: undefined,
    status: undefined,
    managerStatus: undefined,
  };
}

/** What is recorded of a node while it holds a stream. */
export function connectedNode(hello: Hello, arrival: Arrival): ObservedNode {
  return {
    description: hello.description,
    status: { state: NodeState.ready, message: '', addr: hello.advertiseAddress || arrival.address },
    managerId: arrival.managerId,
    sessionId: arrival.sessionId,
    besideManager: arrival.besideManager,
    seenDownMs: 0,
    nodeKey: hello.nodeKey,
    callsFromItsAddress: arrival.callsFromItsAddress,
  };
}

/** The same node, lost for `reason`. It counts as down since `now`, unless it has been down before that. */
export function lostNode(observed: ObservedNode, reason: string, now: Date): ObservedNode {
  return {
    ...observed,
    status: { addr: '', ...observed.status, state: NodeState.down, message: reason },
    downSince: observed.downSince ?? now.toISOString(),
  };
}
