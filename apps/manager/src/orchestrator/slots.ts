import { isActive, isTerminal, observedState, stateRank, TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import { BinaryHeap } from '../scheduler/binary-heap';

/** What tells the tasks of a service apart: their number, or for a global service or job (numbers are 0) their node. */
export interface Place {
  number: number;
  /** Empty where the scheduler finds the node. */
  nodeId: string;
}

/** One place of a service: the task that fills it and those that filled it before. */
export interface Slot extends Place {
  /** Newest first. */
  tasks: Task[];
  /** The task that is meant to run, or is parked until its predecessor has stopped. */
  current: Task | undefined;
}

export function isRunning(task: Task): boolean {
  return observedState(task) === TaskState.running;
}

export function hasEnded(task: Task): boolean {
  return isTerminal(observedState(task));
}

/** Whether the task waits for a node, so that nothing of it exists anywhere. */
export function isUnassigned(task: Task): boolean {
  return stateRank(observedState(task)) < stateRank(TaskState.assigned);
}

/** The place of a task: its number, or its node where there is none. */
function numberOrNode(task: Task): Place {
  return task.slot > 0 ? { number: task.slot, nodeId: '' } : { number: 0, nodeId: task.nodeId };
}

/** Groups a service's tasks by place. Tasks that are to be removed no longer fill one. */
export function groupSlots(tasks: readonly Task[], placeOf: (task: Task) => Place = numberOrNode): Slot[] {
  const byPlace = new Map<string, Slot>();
  for (const task of tasks) {
    if (task.desiredState === TaskState.remove) continue;
    const place = placeOf(task);
    const key = place.nodeId || String(place.number);
    const slot = byPlace.get(key);
    if (slot) slot.tasks.push(task);
    else byPlace.set(key, { ...place, tasks: [task], current: undefined });
  }
  const slots = [...byPlace.values()];
  for (const slot of slots) {
    slot.tasks.sort(newestFirst);
    slot.current = slot.tasks.find(isActive);
  }
  return slots;
}

/** A later version of the service is newer, and then a later generation, whatever the clocks of the leaders that created the tasks say. */
function newestFirst(a: Task, b: Task): number {
  if (a.serviceVersion !== b.serviceVersion) return b.serviceVersion - a.serviceVersion;
  if (a.generation !== b.generation) return b.generation - a.generation;
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return stateRank(a.desiredState) - stateRank(b.desiredState);
}

/** The `count` lowest slot numbers that are not taken. */
export function freeSlotNumbers(slots: readonly Slot[], count: number): number[] {
  const taken = new Set(slots.map((slot) => slot.number));
  const free: number[] = [];
  for (let number = 1; free.length < count; number++) if (!taken.has(number)) free.push(number);
  return free;
}

/**
 * The slots to give up when there are too many: first those that do not run, then those on the nodes with the most tasks of the
 * service, then the highest numbers.
 */
export function slotsToRemove(slots: readonly Slot[], count: number): Slot[] {
  if (count <= 0) return [];
  const highestFirst = [...slots].sort((a, b) => b.number - a.number);
  const isUp = (slot: Slot): boolean => slot.current !== undefined && isRunning(slot.current);
  const removed = highestFirst.filter((slot) => !isUp(slot)).slice(0, count);
  const fullest = new BinaryHeap(slotsPerNode(highestFirst.filter(isUp)), isFuller);
  for (let group = fullest.top; group && removed.length < count; group = fullest.top) {
    const [victim, ...rest] = group;
    if (victim) removed.push(victim);
    fullest.replaceTop(rest.length > 0 ? rest : undefined);
  }
  return removed;
}

function slotsPerNode(slots: readonly Slot[]): Slot[][] {
  const perNode = new Map<string, Slot[]>();
  for (const slot of slots) {
    const nodeId = slot.current?.nodeId ?? '';
    const group = perNode.get(nodeId);
    if (group) group.push(slot);
    else perNode.set(nodeId, [slot]);
  }
  return [...perNode.values()];
}

function isFuller(a: readonly Slot[], b: readonly Slot[]): boolean {
  return a.length !== b.length ? a.length > b.length : (a[0]?.number ?? 0) > (b[0]?.number ?? 0);
}
