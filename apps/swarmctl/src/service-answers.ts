import { asList, asNumber, asObject, asText, type JsonObject } from './json-values';

/** One state of a service's spec that is kept, and why it came to be. */
export interface Revision {
  readonly raw: unknown;
  readonly number: number;
  readonly createdAt: string;
  /** `create`, `update` or `rollback`. */
  readonly kind: string;
  /** In words for people; empty where there is nothing to say. */
  readonly message: string;
  readonly spec: JsonObject;
}

/** A task that goes from one node to another. */
export interface Move {
  readonly taskId: string;
  readonly slot: number;
  /** Node ids. */
  readonly from: string;
  readonly to: string;
}

/** What comes of asking for an even spread. */
export interface Rebalancing {
  readonly moves: readonly Move[];
  /** Whether the leader now makes the moves. */
  readonly started: boolean;
}

/** What would happen in one place of a service. */
export interface PlannedTask {
  /** Zero where the node stands for the slot; those of jobs count from zero. */
  readonly slot: number;
  /** `start`, `stop`, `replace`, `move`, `keep` or `wait`. */
  readonly action: string;
  /** Node ids; empty where there is none. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** How many places have the same fate. */
export interface PlanSummary {
  readonly start: number;
  readonly stop: number;
  readonly replace: number;
  readonly move: number;
  readonly keep: number;
  readonly waiting: number;
}

/** What would come of a spec. */
export interface PlanAnswer {
  readonly summary: PlanSummary;
  readonly tasks: readonly PlannedTask[];
  readonly warnings: readonly string[];
}

/** Reads the answer of `GET /services/<id>/history`. @throws DomainError INTERNAL */
export function toRevisions(body: unknown): Revision[] {
  return asList(body).map((raw) => {
    const { Number: number, CreatedAt, Change, Spec } = asObject(raw);
    const { Kind, Message } = asObject(Change);
    const parts = { createdAt: asText(CreatedAt), kind: asText(Kind), message: asText(Message), spec: asObject(Spec) };
    return { raw, number: asNumber(number), ...parts };
  });
}

/** Reads the answer of `POST /services/<id>/rebalance`. @throws DomainError INTERNAL */
export function toRebalancing(body: unknown): Rebalancing {
  const { Moves, Started } = asObject(body);
  const moves = asList(Moves ?? []).map((move) => {
    const { TaskID, Slot, From, To } = asObject(move);
    return { taskId: asText(TaskID), slot: asNumber(Slot), from: asText(From), to: asText(To) };
  });
  return { moves, started: Started === true };
}

function toPlannedTask(raw: unknown): PlannedTask {
  const { Slot, Action, From, To, Reason } = asObject(raw);
  return { slot: asNumber(Slot), action: asText(Action), from: asText(From), to: asText(To), reason: asText(Reason) };
}

/** Reads the answer of `POST /services/plan` and `POST /services/<id>/plan`. @throws DomainError INTERNAL */
export function toPlan(body: unknown): PlanAnswer {
  const { Summary, Tasks, Warnings } = asObject(body);
  const { Start, Stop, Replace, Move, Keep, Waiting } = asObject(Summary);
  return {
    summary: {
      start: asNumber(Start),
      stop: asNumber(Stop),
      replace: asNumber(Replace),
      move: asNumber(Move),
      keep: asNumber(Keep),
      waiting: asNumber(Waiting),
    },
    tasks: asList(Tasks ?? []).map(toPlannedTask),
    warnings: asList(Warnings ?? []).map(String),
  };
}
