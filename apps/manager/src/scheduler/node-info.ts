import { isActive, isOnNode, observedState } from '#common/domain';
import type { Node, PortConfig, Task } from '#common/proto';

/** What the scheduler knows of a node: what it has and what is taken. A value: placing a task makes a new one. */
export interface NodeInfo {
  readonly node: Node;
  /** Tasks that hold resources on the node. */
  readonly taskCount: number;
  readonly tasksByService: ReadonlyMap<string, number>;
  readonly freeNanoCpus: number;
  readonly freeMemoryBytes: number;
  /** `port/protocol` of every host-mode port in use. */
  readonly hostPorts: ReadonlySet<string>;
}

/** Adds up what the tasks on a node hold. */
export function toNodeInfo(node: Node, tasks: readonly Task[]): NodeInfo {
  const holding = tasks.filter(holdsResources);
  const tasksByService = new Map<string, number>();
  let freeNanoCpus = node.description?.resources?.nanoCpus ?? 0;
  let freeMemoryBytes = node.description?.resources?.memoryBytes ?? 0;
  const hostPorts = new Set<string>();
  for (const task of holding) {
    const { nanoCpus, memoryBytes } = reservationOf(task);
    freeNanoCpus -= nanoCpus;
    freeMemoryBytes -= memoryBytes;
    for (const port of hostPortsOf(task)) hostPorts.add(port);
    if (isActive(task)) tasksByService.set(task.serviceId, (tasksByService.get(task.serviceId) ?? 0) + 1);
  }
  return { node, taskCount: holding.length, tasksByService, freeNanoCpus, freeMemoryBytes, hostPorts };
}

/** Whether the task takes room on its node: from when it is assigned until it has ended, even when it is already told to stop. */
function holdsResources(task: Task): boolean {
  return isOnNode(observedState(task));
}

/** CPU in billionths of a core and memory in bytes that a task reserves; limits reserve nothing. */
export function reservationOf(task: Task): { nanoCpus: number; memoryBytes: number } {
  const reservations = task.spec?.resources?.reservations;
  return { nanoCpus: reservations?.nanoCpus ?? 0, memoryBytes: reservations?.memoryBytes ?? 0 };
}

/** `port/protocol` of the fixed host-mode ports that a task needs on its node. */
export function hostPortsOf(task: Task): string[] {
  return (task.endpointSpec?.ports ?? [])
    .filter(isFixedHostPort)
    .map((port) => `${port.publishedPort}/${port.protocol || 'tcp'}`);
}

function isFixedHostPort(port: PortConfig): boolean {
  return port.publishMode === 'host' && port.publishedPort !== 0;
}

/** The node after a task was placed on it. */
export function withTask(info: NodeInfo, task: Task): NodeInfo {
  const { nanoCpus, memoryBytes } = reservationOf(task);
  const ports = hostPortsOf(task);
  return {
    node: info.node,
    taskCount: info.taskCount + 1,
    tasksByService: new Map(info.tasksByService).set(task.serviceId, (info.tasksByService.get(task.serviceId) ?? 0) + 1),
    freeNanoCpus: info.freeNanoCpus - nanoCpus,
    freeMemoryBytes: info.freeMemoryBytes - memoryBytes,
    hostPorts: ports.length > 0 ? new Set([...info.hostPorts, ...ports]) : info.hostPorts,
  };
}

/** The node after a task on it was told to stop: what the task holds stays taken until it has ended. */
export function withoutWish(info: NodeInfo, task: Task): NodeInfo {
  const count = (info.tasksByService.get(task.serviceId) ?? 0) - 1;
  return { ...info, tasksByService: new Map(info.tasksByService).set(task.serviceId, Math.max(0, count)) };
}
