import { isActive, isOnNode, observedState, type ServiceAffinity } from '#common/domain';
import type { GenericResource, Node, PortConfig, Task } from '#common/proto';
import { failuresOf, type Failures } from './failures';
import { claimFrom, genericRequestOf, toPools, withoutClaims, type GenericPools } from './generic-resources';
import { repulsionsOf } from './service-affinity';

/** What the scheduler knows of a node: what it has and what is taken. A value: placing a task makes a new one. */
export interface NodeInfo {
  readonly node: Node;
  /** Tasks that hold resources on the node. */
  readonly taskCount: number;
  readonly tasksByService: ReadonlyMap<string, number>;
  /** Names of the services in `tasksByService`, by id. */
  readonly serviceNames: ReadonlyMap<string, string>;
  /** What the tasks here keep away from them, by the id of their service; void once that has no task here any more. */
  readonly repulsions: ReadonlyMap<string, readonly ServiceAffinity[]>;
  readonly freeNanoCpus: number;
  readonly freeMemoryBytes: number;
  readonly freeGenericResources: GenericPools;
  /** How many whole tenths of the node are reserved: of its cpu or its memory, whichever is more. */
  readonly load: number;
  /** `port/protocol` of every host-mode port in use. */
  readonly hostPorts: ReadonlySet<string>;
  readonly failures: Failures;
}

/** Adds up what the tasks on a node hold, and how they have failed. */
export function toNodeInfo(node: Node, tasks: readonly Task[]): NodeInfo {
  const holding = tasks.filter(holdsResources);
  const active = holding.filter(isActive);
  const reserved = holding.map(reservationOf);
  const { nanoCpus = 0, memoryBytes = 0, genericResources = [] } = node.description?.resources ?? {};
  const freeNanoCpus = reserved.reduce((free, reservation) => free - reservation.nanoCpus, nanoCpus);
  const freeMemoryBytes = reserved.reduce((free, reservation) => free - reservation.memoryBytes, memoryBytes);
  const claims = holding.flatMap((task) => task.genericResources);
  const tasksByService = new Map<string, number>();
  const repulsions = new Map<string, readonly ServiceAffinity[]>();
  for (const task of active) {
    tasksByService.set(task.serviceId, (tasksByService.get(task.serviceId) ?? 0) + 1);
    const added = repulsionsOf(task);
    if (added.length > 0) repulsions.set(task.serviceId, united(repulsions.get(task.serviceId), added));
  }
  return {
    node,
    taskCount: holding.length,
    tasksByService,
    serviceNames: new Map(active.map((task) => [task.serviceId, task.serviceName])),
    repulsions,
    freeNanoCpus,
    freeMemoryBytes,
    freeGenericResources: withoutClaims(toPools(genericResources), claims),
    load: loadOf(node, freeNanoCpus, freeMemoryBytes),
    hostPorts: new Set(holding.flatMap(hostPortsOf)),
    failures: failuresOf(tasks),
  };
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

function loadOf({ description }: Node, freeNanoCpus: number, freeMemoryBytes: number): number {
  const { nanoCpus = 0, memoryBytes = 0 } = description?.resources ?? {};
  return Math.max(tenths(nanoCpus - freeNanoCpus, nanoCpus), tenths(memoryBytes - freeMemoryBytes, memoryBytes));
}

function tenths(part: number, whole: number): number {
  return whole > 0 ? Math.floor((10 * part) / whole) : 0;
}

/** What a task that is placed on the node now gets of its generic resources. */
export function claimOn(info: NodeInfo, task: Task): GenericResource[] {
  return claimFrom(info.freeGenericResources, genericRequestOf(task));
}

/** The node after a task was placed on it. @param claim what `claimOn` said */
export function withTask(info: NodeInfo, task: Task, claim: readonly GenericResource[] = claimOn(info, task)): NodeInfo {
  const { nanoCpus, memoryBytes } = reservationOf(task);
  const reservesNothing = nanoCpus === 0 && memoryBytes === 0;
  const { serviceId } = task;
  const freeNanoCpus = info.freeNanoCpus - nanoCpus;
  const freeMemoryBytes = info.freeMemoryBytes - memoryBytes;
  const ports = hostPortsOf(task);
  const repulsions = repulsionsOf(task);
  const there = info.tasksByService.get(serviceId) ?? 0;
  const isKnown = info.serviceNames.has(serviceId);
  return {
    node: info.node,
    taskCount: info.taskCount + 1,
    tasksByService: new Map(info.tasksByService).set(serviceId, there + 1),
    serviceNames: isKnown ? info.serviceNames : new Map(info.serviceNames).set(serviceId, task.serviceName),
    repulsions: there > 0 && repulsions.length === 0 ? info.repulsions : withRepulsions(info, serviceId, repulsions),
    freeNanoCpus,
    freeMemoryBytes,
    freeGenericResources: withoutClaims(info.freeGenericResources, claim),
    load: reservesNothing ? info.load : loadOf(info.node, freeNanoCpus, freeMemoryBytes),
    hostPorts: ports.length > 0 ? new Set([...info.hostPorts, ...ports]) : info.hostPorts,
    failures: info.failures,
  };
}

function withRepulsions(
  info: NodeInfo,
  serviceId: string,
  added: readonly ServiceAffinity[],
): ReadonlyMap<string, readonly ServiceAffinity[]> {
  if (added.length === 0 && !info.repulsions.has(serviceId)) return info.repulsions;
  const there = (info.tasksByService.get(serviceId) ?? 0) > 0 ? info.repulsions.get(serviceId) : undefined;
  return new Map(info.repulsions).set(serviceId, united(there, added));
}

/** Tasks of one service nearly always say the same. */
function united(known: readonly ServiceAffinity[] = [], added: readonly ServiceAffinity[]): readonly ServiceAffinity[] {
  const isNew = (affinity: ServiceAffinity): boolean =>
    !known.some(({ service, topology }) => service === affinity.service && topology === affinity.topology);
  return added.some(isNew) ? [...known, ...added.filter(isNew)] : known;
}

/** The node after a task on it was told to stop: what the task holds stays taken until it has ended. */
export function withoutWish(info: NodeInfo, task: Task): NodeInfo {
  const count = (info.tasksByService.get(task.serviceId) ?? 0) - 1;
  return { ...info, tasksByService: new Map(info.tasksByService).set(task.serviceId, Math.max(0, count)) };
}
