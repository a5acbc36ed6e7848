import type { Node, RebalanceRequest, RegistryCredentials, Service, Task } from '#common/proto';
import type { ClusterView } from '#common/store';
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
  rebalance: RebalanceRequest | undefined;
  /** Go back together with the spec when an update is rolled back. */
  credentials: RegistryCredentials | undefined;
  /** What is taken on each node. */
  nodeInfos(): readonly NodeInfo[];
}

/** What a decision may not make up itself. */
export interface DecisionInputs {
  /** Wall-clock time in milliseconds since the epoch, comparable with the stored times. */
  now: number;
  newId(): string;
}

export function takeSnapshot(view: ClusterView, infos: () => readonly NodeInfo[], serviceId: string): ServiceSnapshot {
  return {
    serviceId,
    service: view.service(serviceId),
    tasks: view.tasksOfService(serviceId),
    node: (id) => view.node(id),
    nodes: () => view.nodes(),
    isOverCapacity: () => false,
    rebalance: view.rebalanceRequest(serviceId),
    credentials: view.registryCredentials(serviceId),
    nodeInfos: infos,
  };
}
