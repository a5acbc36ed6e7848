import { newId } from '#common/identity';
import type { Service } from '#common/proto';
import type { ClusterView } from '#common/store';
import { planMoves, planService, type PlannedCluster, type PlannedTask } from './plan-service';

/** Answers what would happen, from what the view shows now. */
export class Planner {
  constructor(
    private readonly view: ClusterView,
    private readonly now: () => number = Date.now,
  ) {}

  /** What would become of the service's tasks if it were like this. */
  plan(service: Service): PlannedTask[] {
    const tasks = this.view.tasksOfService(service.id);
    return planService(service, tasks, this.cluster(), { now: this.now(), newId });
  }

  /** The moves of a rebalancing, at most `limit`. */
  moves(serviceId: string, limit: number): { taskId: string; slot: number; from: string; to: string }[] {
    const moves = planMoves(this.view.tasksOfService(serviceId), this.cluster(), { limit, now: this.now() });
    return moves.map(({ task, to }) => ({ taskId: task.id, slot: task.slot, from: task.nodeId, to }));
  }

  private cluster(): PlannedCluster {
    return { nodes: this.view.nodes(), tasksOfNode: (id) => this.view.tasksOfNode(id) };
  }
}
