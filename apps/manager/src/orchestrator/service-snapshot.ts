import type { Node, RegistryCredentials, Service, SwarmSpec, Task } from '#common/proto';
import type { ClusterView, RevisedRequest } from '#common/store';
import { tasksOverCapacity } from '../scheduler/evictions';
import type { NodeInfo } from '../scheduler/node-info';

/** Everything that a decision about one service may look at. */
export interface ServiceSnapshot {
  serviceId: string;
  /** Undefined once the service was removed. */
  service: Service | undefined;
  tasks: readonly Task[];
  /** Undefined for a node that was removed from the cluster. */
  node(id: string): Node | undefined;
  nodes(): readonly Node[];
  /** Whether the task is one of those that have to leave because its node has less than is reserved on it. */
  isOverCapacity(task: Task): boolean;
  /** Somebody's wish to have the tasks spread evenly again, until it is fulfilled. */
  rebalance: RevisedRequest | undefined;
  /** Go back together with the spec when an update is rolled back. */
  credentials: RegistryCredentials | undefined;
  /** What is taken on each node. */
  nodeInfos(): readonly NodeInfo[];
}

/** What a decision may not make up itself. */
export interface DecisionInputs {
  /** Wall-clock time in milliseconds since the epoch, comparable with the stored times. */
  now: number;
  /** Since when whoever decides has heard what tasks do, on the same clock as it is set now; since ever when not given. */
  watchedSince?: number;
  /** When that clock was last set; it was not when not given. */
  steadySince?: number;
  /** Settings of the cluster as a whole. */
  cluster?: SwarmSpec;
  newId(): string;
}

/** What nodes are found too small for, once per snapshot and node: every task of a service asks. */
function overCapacityIn(view: ClusterView): ServiceSnapshot['isOverCapacity'] {
  const known = new Map<string, Set<string>>();
  return (task) => {
    const node = view.node(task.nodeId);
    if (!node || !reservesAnything(task)) return false;
    const leaving = known.get(node.id) ?? tasksOverCapacity(node, view.tasksOfNode(node.id));
    known.set(node.id, leaving);
    return leaving.has(task.id);
  };
}

function reservesAnything(task: Task): boolean {
  const { nanoCpus = 0, memoryBytes = 0, genericResources = [] } = task.spec?.resources?.reservations ?? {};
  return nanoCpus > 0 || memoryBytes > 0 || genericResources.length > 0;
}

export function takeSnapshot(view: ClusterView, infos: () => readonly NodeInfo[], serviceId: string): ServiceSnapshot {
  return {
    serviceId,
    service: view.service(serviceId),
    tasks: view.tasksOfService(serviceId),
    node: (id) => view.node(id),
    nodes: () => view.nodes(),
    isOverCapacity: overCapacityIn(view),
    rebalance: view.rebalanceRequest(serviceId),
    credentials: view.registryCredentials(serviceId),
    nodeInfos: infos,
  };
}
