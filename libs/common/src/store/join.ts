import type {
  LeaderRecord,
  ManagerPresence,
  ManagerStatus,
  Node,
  ObservedNode,
  Service,
  ServiceEndpoint,
  Task,
  TaskStatus,
  UpdateStatus,
} from '../proto';

/** What a service is joined with: how its update goes, and the virtual addresses that the leader chose. */
export interface ServiceSide {
  update?: UpdateStatus | undefined;
  endpoint?: ServiceEndpoint | undefined;
}

/** A service with its update status, unless that speaks of an older version, and its endpoint. */
export function joinService(service: Service, { update, endpoint }: ServiceSide = {}): Service {
  const spec = service.spec?.endpointSpec;
  const ports = service.endpoint?.ports ?? spec?.ports ?? [];
  return {
    ...service,
    updateStatus: update && update.serviceVersion === service.version?.index ? update : undefined,
    endpoint: { spec, ports, virtualIps: endpoint?.virtualIps ?? [] },
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
