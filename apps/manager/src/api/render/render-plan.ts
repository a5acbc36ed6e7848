import type { PlannedTask } from '../ports';
import type { JsonObject } from './json-parts';

/** Ours: a plan with its sums, in Docker's manner. */
export function planJson(tasks: readonly PlannedTask[]): JsonObject {
  const count = (action: PlannedTask['action']): number => tasks.filter((task) => task.action === action).length;
  return {
    Summary: {
      Start: count('start'),
      Stop: count('stop'),
      Replace: count('replace'),
      Move: count('move'),
      Keep: count('keep'),
      Waiting: count('wait'),
    },
    Tasks: tasks.map(({ slot, action, from, to, reason }) => ({
      Slot: slot,
      Action: action,
      From: from,
      To: to,
      Reason: reason,
    })),
    Warnings: [],
  };
}

/** Ours: one move of a rebalancing. */
export function moveJson(move: { taskId: string; slot: number; from: string; to: string }): JsonObject {
  return { TaskID: move.taskId, Slot: move.slot, From: move.from, To: move.to };
}
