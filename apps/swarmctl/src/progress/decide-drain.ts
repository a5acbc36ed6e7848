import { isActive, isOnNode, NodeAvailability, NodeState, observedState, type TaskState } from '#common/domain';
import type { Node, Task } from '#common/proto';
import { newestFirst } from '../newest-first';

/** Everything that a drain is judged by, read at one time. */
export interface DrainSnapshot {
  readonly node: Node;
  /** All tasks of the services that have one on the node. */
  readonly tasks: readonly Task[];
  /** Names of these services by their ids. */
  readonly services: ReadonlyMap<string, string>;
}

/** A task that is still on the node. */
export interface TaskLeft {
  /** `web.3`, or the service alone where the node stands for the slot. */
  readonly name: string;
  readonly state: TaskState;
  /** What it waits for. */
  readonly reason: string;
  /** How long it has been in this state. */
  readonly sinceMs: number;
}

/** How far a drain is. */
export interface DrainProgress {
  readonly left: readonly TaskLeft[];
  /** Whether somebody wants tasks on the node again. */
  readonly isWithdrawn: boolean;
}

/** How a drain is doing at `nowMs`, the time by the clock on the wall. */
export function decideDrain({ node, tasks, services }: DrainSnapshot, nowMs: number): DrainProgress {
  const isDown = node.status?.state === NodeState.down;
  // Nobody hears of the tasks of a node that is down: those that are replaced already are nothing to wait for.
  const left = tasks.filter((task) => task.nodeId === node.id && isOnNode(observedState(task)) && (isActive(task) || !isDown));
  return {
    left: left.map((task) => ({
      name: nameOf(task, services),
      state: observedState(task),
      reason: whyLeft(task, tasks),
      sinceMs: sinceMs(task, nowMs),
    })),
    isWithdrawn: node.spec?.availability !== NodeAvailability.drain,
  };
}

function nameOf({ serviceId, slot }: Task, services: ReadonlyMap<string, string>): string {
  const service = services.get(serviceId) ?? serviceId;
  return slot > 0 ? `${service}.${slot}` : service;
}

/** Start-first, a task stays until its successor runs; otherwise it waits for its turn in the service's update parallelism. */
function whyLeft(task: Task, tasks: readonly Task[]): string {
  if (!isActive(task)) return 'stopping';
  const inSlot = tasks.filter((other) => other.serviceId === task.serviceId && other.slot === task.slot && other !== task);
  const [successor] = inSlot.filter((other) => isActive(other) && task.slot > 0).sort(newestFirst);
  if (!successor) return 'waits for its turn';
  const err = successor.status?.err ?? '';
  return `its successor is ${observedState(successor)}${err === '' ? '' : `: ${err}`}`;
}

function sinceMs(task: Task, nowMs: number): number {
  const time = Date.parse(task.status?.timestamp ?? '');
  return Number.isNaN(time) ? 0 : Math.max(0, nowMs - time);
}
