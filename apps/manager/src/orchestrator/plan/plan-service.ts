import { isActive, isTerminal, observedState, stateRank, TaskState } from '#common/domain';
import type { Node, Service, Task, TaskStatus } from '#common/proto';
import { decideMoves, type Move, type MoveBounds } from '../../scheduler/even-out';
import { toNodeInfo, type NodeInfo } from '../../scheduler/node-info';
import { PlacementSession } from '../../scheduler/placement-session';
import { AddressBook, addressesOn, type AddressSource } from '../addresses/address-book';
import { allocateAddresses } from '../addresses/allocate-addresses';
import { changedTasks, isTaskChange } from '../apply-changes';
import { decideService } from '../decide-service';
import { byNumber } from '../jobs/job-slots';
import { decidePlacements, tasksToPlace } from '../place-tasks';
import type { DecisionInputs, ServiceSnapshot } from '../service-snapshot';
import { likeNewTasks } from '../rebalance/decide-rebalance';
import { groupSlots, isRunning, type Slot } from '../slots';

/** Passes after which a plan is given as far as it has come. */
const MAX_PASSES = 200;
/** A plan replaces at least this part of the tasks at a time: nobody waits for it as for an update. */
const STEPS = 50;

/** Nodes, and what is on them. */
export interface PlannedNodes {
  nodes: readonly Node[];
  tasksOfNode(id: string): readonly Task[];
}

/** The cluster that a plan is made for. */
export interface PlannedCluster extends PlannedNodes {
  /** Its networks, and who has which address. */
  addresses: AddressSource;
}

export type PlannedAction = 'start' | 'stop' | 'replace' | 'move' | 'keep' | 'wait';

/** What would become of one slot. */
export interface PlannedTask {
  /** 0 where the node stands for the slot, and for the first one of a replicated job. */
  slot: number;
  action: PlannedAction;
  /** Nodes; empty where there is none. */
  from: string;
  to: string;
  reason: string;
}

/**
 * What would happen if this were the service's spec: every decision and placement that would be made, with agents that do at once
 * what they are told, and jobs that all succeed. Nothing is written.
 * @param service with the spec to plan for, and a version of its own
 * @param tasks that it has now
 */
export function planService(
  service: Service,
  tasks: readonly Task[],
  cluster: PlannedCluster,
  inputs: DecisionInputs,
): PlannedTask[] {
  const steps = planInSteps(service, tasks, cluster, inputs);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `planService`, one pass at a time: planning for thousands of tasks takes a while, and others want their turn. */
export function* planInSteps(
  service: Service,
  tasks: readonly Task[],
  cluster: PlannedCluster,
  inputs: DecisionInputs,
): Generator<void, PlannedTask[]> {
  const rehearsal = new Rehearsal(inBigSteps(service, tasks.length), tasks, cluster, inputs);
  yield* rehearsal.run();
  const slotsOf = (list: readonly Task[]): Slot[] => groupSlots(list, service.spec?.mode?.replicatedJob && byNumber);
  return compare(slotsOf(tasks), slotsOf(rehearsal.tasks), rehearsal.tasks);
}

/** The moves that a rebalancing of the service would make. */
export function planMoves(service: Service, tasks: readonly Task[], cluster: PlannedNodes, bounds: MoveBounds): Move[] {
  const running = tasks.filter((task) => isActive(task) && isRunning(task));
  return decideMoves(likeNewTasks(service, bounds.now), running, new PlannedInfos(cluster).with([]), bounds);
}

function inBigSteps(service: Service, tasks: number): Service {
  const { spec } = service;
  if (!spec) return service;
  const config = spec.updateConfig ?? { parallelism: 1, delay: 0, failureAction: '', monitor: 0 };
  const parallelism = config.parallelism === 0 ? 0 : Math.max(config.parallelism ?? 1, Math.ceil(tasks / STEPS));
  return { ...service, updateStatus: undefined, spec: { ...spec, updateConfig: { ...config, parallelism, delay: 0 } } };
}

class Rehearsal {
  tasks: Task[];
  private now: number;
  private readonly infos: PlannedInfos;

  constructor(
    private readonly service: Service,
    tasks: readonly Task[],
    private readonly cluster: PlannedCluster,
    private readonly inputs: DecisionInputs,
  ) {
    this.tasks = [...tasks];
    this.now = inputs.now;
    this.infos = new PlannedInfos(cluster, service.id);
  }

  *run(): Generator<void, void> {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const hasChanged = this.decide();
      const hasMoved = this.letAgentsWork();
      if (!hasChanged && !hasMoved) return;
      yield;
    }
  }

  /** @returns whether anything was decided */
  private decide(): boolean {
    const infos = this.infos.with(this.tasks);
    const plan = decideService(this.snapshot(infos), { ...this.inputs, now: this.now });
    const toPlace = tasksToPlace(this.tasks, plan.changes);
    const addresses = allocateAddresses(this.service, this.tasks, toPlace, this.addressBook());
    const session = new PlacementSession(infos, this.now);
    const placements = decidePlacements(addresses.placeable, plan.changes, session, this.now);
    const changes = [...plan.changes, ...addresses.changes, ...placements.changes].filter(isTaskChange);
    const changed = changedTasks(changes, this.now);
    const kept = this.tasks.flatMap((task) => (changed.has(task.id) ? (changed.get(task.id) ?? []) : task));
    const known = new Set(this.tasks.map(({ id }) => id));
    const added = [...changed.values()].filter((task): task is Task => task !== undefined && !known.has(task.id));
    this.tasks = [...kept, ...added];
    this.now += Math.max(1, plan.requeueAfterMs ?? 0);
    return changes.length > 0 || plan.requeueAfterMs !== undefined;
  }

  /** Addresses that are taken with the planned tasks in the place of those the service has. */
  private addressBook(): AddressBook {
    const { addresses } = this.cluster;
    const { id } = this.service;
    const source: AddressSource = {
      network: (networkId) => addresses.network(networkId),
      networkByName: (name) => addresses.networkByName(name),
      services: () => addresses.services(),
      tasksOnNetwork: (networkId) => [
        ...addresses.tasksOnNetwork(networkId).filter(({ serviceId }) => serviceId !== id),
        ...this.tasks.filter((task) => addressesOn(task, networkId).length > 0),
      ],
    };
    return new AddressBook(source, new Map());
  }

  private snapshot(infos: readonly NodeInfo[]): ServiceSnapshot {
    const byId = new Map(this.cluster.nodes.map((node) => [node.id, node]));
    return {
      serviceId: this.service.id,
      service: this.service,
      tasks: this.tasks,
      node: (id) => byId.get(id),
      nodes: () => this.cluster.nodes,
      isOverCapacity: () => false,
      rebalance: undefined,
      credentials: undefined,
      nodeInfos: () => infos,
    };
  }

  /** @returns whether a task has moved on */
  private letAgentsWork(): boolean {
    const before = this.tasks;
    this.tasks = before.map((task) => withState(task, nextState(task), this.now));
    return this.tasks.some((task, index) => task !== before[index]);
  }
}

function nextState(task: Task): TaskState {
  const state = observedState(task);
  if (isTerminal(state) || stateRank(state) < stateRank(TaskState.assigned)) return state;
  if (!isActive(task)) return TaskState.shutdown;
  if (task.desiredState === TaskState.complete) return TaskState.complete;
  return task.desiredState === TaskState.ready ? TaskState.ready : TaskState.running;
}

function withState(task: Task, state: TaskState, now: number): Task {
  if (!task.status || task.status.state === state) return task;
  const at = new Date(now).toISOString();
  const runningAt = state === TaskState.running ? at : task.status.runningAt;
  const status: TaskStatus = { ...task.status, state, timestamp: at, appliedAt: at, runningAt };
  return { ...task, status };
}

/** What is taken on each node, with the planned tasks of the service in the place of those it has. */
class PlannedInfos {
  private readonly others: Map<string, Task[]>;
  private readonly known = new Map<string, { tasks: readonly Task[]; info: NodeInfo }>();

  /** @param replaced the service whose tasks are not those of the cluster but the planned ones */
  constructor(
    private readonly cluster: PlannedNodes,
    replaced?: string,
  ) {
    const othersOn = (id: string): Task[] => cluster.tasksOfNode(id).filter((task) => task.serviceId !== replaced);
    this.others = new Map(cluster.nodes.map(({ id }) => [id, othersOn(id)]));
  }

  /** Nodes whose planned tasks are the same as before are not added up again. */
  with(planned: readonly Task[]): NodeInfo[] {
    const plannedOn = new Map<string, Task[]>();
    for (const task of planned) {
      const there = plannedOn.get(task.nodeId);
      if (there) there.push(task);
      else plannedOn.set(task.nodeId, [task]);
    }
    return this.cluster.nodes.map((node) => this.infoOf(node, plannedOn.get(node.id) ?? []));
  }

  private infoOf(node: Node, tasks: readonly Task[]): NodeInfo {
    const known = this.known.get(node.id);
    if (known?.tasks.length === tasks.length && tasks.every((task, index) => task === known.tasks[index])) return known.info;
    const info = toNodeInfo(node, [...(this.others.get(node.id) ?? []), ...tasks]);
    this.known.set(node.id, { tasks, info });
    return info;
  }
}

/** Tells slot by slot what the tasks after differ in from those before. @param after all tasks there are then */
function compare(slotsBefore: readonly Slot[], slotsAfter: readonly Slot[], after: readonly Task[]): PlannedTask[] {
  const had = new Map(slotsBefore.flatMap((slot) => (slot.current ? [[placeOf(slot), slot.current]] : [])));
  const has = new Map(slotsAfter.flatMap((slot) => (slot.current ? [[placeOf(slot), slot.current]] : [])));
  const stopped = [...had].filter(([place]) => !has.has(place)).map(([, task]) => toStopped(task, after));
  return [...[...has].map(([place, task]) => toPlanned(had.get(place), task, after)), ...stopped];
}

function placeOf(slot: { number: number; nodeId: string }): string {
  return slot.number > 0 ? String(slot.number) : slot.nodeId;
}

function toPlanned(old: Task | undefined, task: Task, after: readonly Task[]): PlannedTask {
  const isPlaced = stateRank(observedState(task)) >= stateRank(TaskState.assigned);
  const from = old?.nodeId ?? '';
  // A task that belongs on one node waits for that one, others for any.
  const to = task.nodeId;
  const base = { slot: task.slot, from, to };
  if (!isPlaced) return { ...base, action: 'wait', reason: task.status?.err ?? '' };
  if (!old) return { ...base, action: 'start', reason: '' };
  if (old.id === task.id) return { ...base, action: 'keep', reason: '' };
  const reason = after.find(({ id }) => id === old.id)?.desiredReason || task.desiredReason;
  const isOutdated = old.serviceVersion !== task.serviceVersion;
  return { ...base, action: isOutdated || from === to ? 'replace' : 'move', reason };
}

function toStopped(task: Task, after: readonly Task[]): PlannedTask {
  const reason = after.find(({ id }) => id === task.id)?.desiredReason || 'no longer wanted';
  return { slot: task.slot, action: 'stop', from: task.nodeId, to: '', reason };
}
