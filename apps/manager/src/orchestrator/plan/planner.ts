import { setImmediate as nextTurn } from 'node:timers/promises';
import { newId } from '#common/identity';
import type { Service } from '#common/proto';
import type { ClusterView } from '#common/store';
import { planInSteps, planMoves, type PlannedCluster, type PlannedTask } from './plan-service';

/** Most moves that are told: each looks at every node, and the leader may be waiting for its turn in this process. */
const MOST_MOVES = 50;

/** Answers what would happen, from what the view shows now. */
export class Planner {
  constructor(
    private readonly view: ClusterView,
    private readonly now: () => number = Date.now,
  ) {}

  /** What would become of the service's tasks if it were like this. Gives way to others between its steps. */
  async plan(service: Service): Promise<PlannedTask[]> {
    const tasks = this.view.tasksOfService(service.id);
    const steps = planInSteps(service, tasks, this.cluster(), { now: this.now(), newId });
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await nextTurn();
    }
  }

  /** The first moves of a rebalancing, at most `limit`. */
  moves(service: Service, limit: number): { taskId: string; slot: number; from: string; to: string }[] {
    const bounds = { limit: Math.min(limit, MOST_MOVES), now: this.now() };
    const moves = planMoves(service, this.view.tasksOfService(service.id), this.cluster(), bounds);
    return moves.map(({ task, to }) => ({ taskId: task.id, slot: task.slot, from: task.nodeId, to }));
  }

  private cluster(): PlannedCluster {
    return { nodes: this.view.nodes(), tasksOfNode: (id) => this.view.tasksOfNode(id), addresses: this.view };
  }
}
