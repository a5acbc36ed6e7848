/** What a node says to a task: the manager's scheduler is asked anew each time. */
export interface NodeVerdict {
  readonly nodeId: string;
  readonly hostname: string;
  readonly admitted: boolean;
  /** Why not; empty when the node would take the task. */
  readonly reason: string;
}

/** What the manager tells of a task beyond Docker's API. */
export interface TaskExplanation {
  readonly nodes: readonly NodeVerdict[];
  /** Why the task is to be in its desired state; empty when there is nothing to say. */
  readonly desiredReason: string;
  /** Tasks of the same version that failed in this slot in a row before this one. */
  readonly failures: number;
  /** Restarts by the agent itself, while it was cut off from all managers. */
  readonly restarts: number;
  /** When a manager first took in that the task runs; empty until then. */
  readonly runningSince: string;
}
