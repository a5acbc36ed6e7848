import type {
  LeaderRecord,
  ManagerPresence,
  ManagerStatus,
  Node,
  ObservedNode,
  Service,
  Task,
  TaskStatus,
  UpdateStatus,
} from '../proto';

/** A service with its update status, unless that speaks of an older version, and its endpoint. */
export function joinService(service: Service, update: UpdateStatus | undefined): Service {
  const endpointSpec = service.spec?.endpointSpec;
  return {
    ...service,
    updateStatus: update && update.serviceVersion === service.version?.index ? update : undefined,
    endpoint: { spec: endpointSpec, ports: endpointSpec?.ports ?? [], virtualIps: [] },
  };
}

/** A task with what its node last reported, or else the leader's own status. */
export function joinTask(task: Task, observed: TaskStatus | undefined): Task {
  return observed ? { ...task, status: observed } : task;
}

/** What a node's status is joined with: who leads, and which managers live. */
export interface ManagersSeen {
  leader: LeaderRecord | undefined;
  manager(id: string): ManagerPresence | undefined;
}

/** A node with what was observed of it; a node beside a manager shows that manager's status. */
export function joinNode(node: Node, observed: ObservedNode | undefined, seen: ManagersSeen): Node {
  return {
    ...node,
    description: observed?.description,
    status: observed?.status,
    managerStatus: observed?.besideManager ? managerStatusOf(observed.managerId, seen) : undefined,
  };
}

function managerStatusOf(managerId: string, seen: ManagersSeen): ManagerStatus {
  const presence = seen.manager(managerId);
  return {
    leader: seen.leader?.managerId === managerId,
    reachability: presence ? 'reachable' : 'unreachable',
    addr: presence?.agentAddress ?? '',
  };
}
