import type { Task } from '#common/proto';
import { attributeOf } from './node-attribute';
import { withoutWish, withTask, type NodeInfo } from './node-info';
import { NodeSet } from './node-set';
import { schedule } from './schedule';

/** A running task that would be better placed elsewhere. */
export interface Move {
  task: Task;
  /** Node that the scheduler would choose for it. */
  to: string;
}

export interface MoveBounds {
  /** Most moves. */
  limit: number;
  /** Milliseconds since the epoch, comparable with the stored times. */
  now: number;
}

/**
 * Moves that spread a service's running tasks more evenly, one after the other, each on the result of those before. A move is only
 * made when it makes the spread better at the first level where it changes anything (preferences in their order, then nodes), so
 * that there is an end to it and nothing moves forth and back.
 * @param tasks running tasks of one service and one spec
 */
export function decideMoves(tasks: readonly Task[], nodes: readonly NodeInfo[], { limit, now }: MoveBounds): Move[] {
  const [sample] = tasks;
  if (!sample) return [];
  const board = new Board(sample, tasks, nodes, now);
  const moves: Move[] = [];
  while (moves.length < limit) {
    const move = board.bestMove();
    if (!move) break;
    board.make(move);
    moves.push(move);
  }
  return moves;
}

/** Where the service's tasks are while moves are tried out. */
class Board {
  private readonly infos: Map<string, NodeInfo>;
  private readonly onNode = new Map<string, Task[]>();
  private readonly paths = new Map<string, string[]>();

  constructor(
    private readonly sample: Task,
    tasks: readonly Task[],
    nodes: readonly NodeInfo[],
    private readonly now: number,
  ) {
    this.infos = new Map(nodes.map((info) => [info.node.id, info]));
    for (const task of tasks) this.onNode.set(task.nodeId, [...(this.onNode.get(task.nodeId) ?? []), task]);
    const descriptors = (sample.spec?.placement?.preferences ?? []).flatMap(({ spread }) => spread?.spreadDescriptor ?? []);
    for (const { node } of nodes) {
      this.paths.set(node.id, [...descriptors.map((descriptor) => attributeOf(descriptor, node) ?? ''), node.id]);
    }
  }

  /** The first move that helps, off the fullest nodes of each branch: others of a branch have less to give. */
  bestMove(): Move | undefined {
    for (const nodeId of this.fullestNodes()) {
      const task = this.onNode.get(nodeId)?.at(-1);
      if (!task) continue;
      const nodes = new NodeSet([...this.infos.values()]);
      const [placed] = schedule([{ ...this.sample, id: task.id }], { nodes, now: this.now }).placed;
      if (placed && this.improves(nodeId, placed.nodeId)) return { task, to: placed.nodeId };
    }
    return undefined;
  }

  make({ task, to }: Move): void {
    const from = this.infos.get(task.nodeId);
    const target = this.infos.get(to);
    if (from) this.infos.set(task.nodeId, withoutWish(from, task));
    if (target) this.infos.set(to, withTask(target, task));
    this.onNode.get(task.nodeId)?.pop();
  }

  private count(info: NodeInfo): number {
    return info.tasksByService.get(this.sample.serviceId) ?? 0;
  }

  private fullestNodes(): string[] {
    const fullest = new Map<string, NodeInfo>();
    for (const info of this.infos.values()) {
      if (!this.onNode.get(info.node.id)?.length) continue;
      const branch = JSON.stringify(this.pathOf(info.node.id).slice(0, -1));
      const known = fullest.get(branch);
      if (!known || this.count(info) > this.count(known)) fullest.set(branch, info);
    }
    return [...fullest.values()].sort((a, b) => this.count(b) - this.count(a)).map(({ node }) => node.id);
  }

  private pathOf(nodeId: string): string[] {
    return this.paths.get(nodeId) ?? [nodeId];
  }

  /** Where the two paths part, the branch that gives has to have at least two more than the one that takes. */
  private improves(from: string, to: string): boolean {
    const [giver, taker] = [this.pathOf(from), this.pathOf(to)];
    const level = giver.findIndex((name, index) => name !== taker[index]);
    if (level < 0) return false;
    return this.tasksUnder(giver.slice(0, level + 1)) - this.tasksUnder(taker.slice(0, level + 1)) >= 2;
  }

  private tasksUnder(path: string[]): number {
    const isUnder = (nodeId: string): boolean => path.every((name, index) => this.pathOf(nodeId)[index] === name);
    return [...this.infos.values()].filter(({ node }) => isUnder(node.id)).reduce((sum, info) => sum + this.count(info), 0);
  }
}
