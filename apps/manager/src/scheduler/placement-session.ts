import type { Task } from '#common/proto';
import { withoutWish, type NodeInfo } from './node-info';
import { schedule, type Schedule } from './schedule';

/** Places the tasks of several services one after the other, each seeing what the ones before have taken. */
export class PlacementSession {
  private readonly infos: Map<string, NodeInfo>;

  constructor(nodes: readonly NodeInfo[]) {
    this.infos = new Map(nodes.map((info) => [info.node.id, info]));
  }

  /** Every node as the placements so far leave it. */
  nodes(): NodeInfo[] {
    return [...this.infos.values()];
  }

  /** @param tasks of one service and one spec */
  place(tasks: readonly Task[]): Schedule {
    return this.keep(schedule(tasks, this.nodes()));
  }

  /** Places a task on the one node that it is bound to, or says why it does not fit there. */
  placeOn(nodeId: string, task: Task): Schedule {
    const info = this.infos.get(nodeId);
    return this.keep(schedule([task], info ? [info] : []));
  }

  /** A task is told to stop: it still takes room, but its place in the spread is free. */
  leave(task: Task): void {
    const info = this.infos.get(task.nodeId);
    if (info) this.infos.set(task.nodeId, withoutWish(info, task));
  }

  private keep(result: Schedule): Schedule {
    for (const info of result.nodes) this.infos.set(info.node.id, info);
    return result;
  }
}
