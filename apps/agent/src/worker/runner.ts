import type { TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import type { Claim } from './container-claim';

/** What drives one task of this node to its goal. */
export interface Runner {
  readonly taskId: string;
  /** Newest state that the agent or a manager knows of. */
  readonly state: TaskState;
  /** The task, as long as its container is still to be made. */
  readonly taskToPrepare: Task | undefined;
  /** The agent is leaving, and everything stays as it is. */
  readonly isHalted: boolean;
  /** Takes a new or newer description of the task. */
  assign(task: Task): void;
  /** The manager no longer speaks of the task. */
  forget(): void;
  /** Takes note of what an event or a list says about the container. */
  hear(claim: Claim): void;
  /** The engine is back. */
  retryNow(): void;
  /** What the next step depends on has changed. */
  reconsider(): void;
  /** Does nothing more. */
  halt(): void;
  /** Runs until the task is forgotten and nothing is left of it, or until halted. */
  run(): Promise<void>;
}
