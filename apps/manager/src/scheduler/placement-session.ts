import type { Task } from '#common/proto';
import { withoutWish, type NodeInfo } from './node-info';
import { NodeSet } from './node-set';
import { schedule, type Schedule } from './schedule';

/** Places the tasks of several services one after the other, each seeing what the ones before have taken. */
export class PlacementSession {
  private readonly set: NodeSet;

  /** @param now milliseconds since the epoch, comparable with the stored times */
  constructor(
    infos: readonly NodeInfo[],
    private readonly now: number,
  ) {
    this.set = new NodeSet(infos);
  }

  /** Every node as the placements so far leave it. */
  nodes(): NodeInfo[] {
    return this.set.all();
  }

  /** @param tasks of one service and one spec */
  place(tasks: readonly Task[]): Schedule {
    return schedule(tasks, { nodes: this.set, now: this.now });
  }

  /** Places a task on the one node that it is bound to, or says why it does not fit there. */
  placeOn(nodeId: string, task: Task): Schedule {
    const info = this.set.get(nodeId);
    return schedule([task], { nodes: this.set, candidates: info ? [info] : [], now: this.now });
  }

  /** A task is told to stop: it still takes room, but its place in the spread is free, and it has no say any more. */
  leave(task: Task): void {
    const info = this.set.get(task.nodeId);
    if (info) this.set.put(withoutWish(info, task));
  }
}
