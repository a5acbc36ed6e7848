import type { Task } from '#common/proto';
import { attributeOf } from './node-attribute';
import { withoutWish, type NodeInfo } from './node-info';
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
 * @param sample what a task of the service that is created now is like
 * @param tasks its running tasks
 */
export function decideMoves(
  sample: Task,
  tasks: readonly Task[],
  nodes: readonly NodeInfo[],
  { limit, now }: MoveBounds,
): Move[] {
  if (tasks.length === 0) return [];
  const board = new Board(sample, tasks, nodes);
  const moves: Move[] = [];
  while (moves.length < limit) {
    const move = board.nextMove(now);
    if (!move) break;
    moves.push(move);
  }
  return moves;
}

/** Where the service's tasks are while moves are tried out. */
class Board {
  private readonly nodes: NodeSet;
  private readonly onNode = new Map<string, Task[]>();
  /** The branches that each node is in, the widest first, and the node itself last. */
  private readonly branches = new Map<string, string[]>();
  /** Tasks of the service in each branch. */
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly sample: Task,
    tasks: readonly Task[],
    infos: readonly NodeInfo[],
  ) {
    this.nodes = new NodeSet(infos);
    // The newest of a node goes first, in whatever order they are given: a plan says what will be done.
    for (const task of [...tasks].sort(byAge)) this.onNode.set(task.nodeId, [...(this.onNode.get(task.nodeId) ?? []), task]);
    const descriptors = (sample.spec?.placement?.preferences ?? []).flatMap(({ spread }) => spread?.spreadDescriptor ?? []);
    for (const info of infos) {
      const path = [...descriptors.map((descriptor) => attributeOf(descriptor, info.node) ?? ''), info.node.id];
      this.branches.set(
        info.node.id,
        path.map((_, level) => JSON.stringify(path.slice(0, level + 1))),
      );
      this.count(info.node.id, this.tasksOn(info));
    }
  }

  /** Makes the first move that helps, off the fullest nodes of each branch: others of a branch have less to give. */
  nextMove(now: number): Move | undefined {
    const [placed] = schedule([this.sample], { nodes: this.nodes, now }).placed;
    if (!placed) return undefined;
    for (const nodeId of this.fullestNodes()) {
      if (!this.improves(nodeId, placed.nodeId)) continue;
      const task = this.onNode.get(nodeId)?.pop();
      const from = this.nodes.get(nodeId);
      if (!task || !from) continue;
      this.nodes.put(withoutWish(from, task));
      this.count(nodeId, -1);
      this.count(placed.nodeId, 1);
      return { task, to: placed.nodeId };
    }
    return undefined;
  }

  private count(nodeId: string, more: number): void {
    for (const branch of this.branchesOf(nodeId)) this.counts.set(branch, (this.counts.get(branch) ?? 0) + more);
  }

  private tasksOn(info: NodeInfo): number {
    return info.tasksByService.get(this.sample.serviceId) ?? 0;
  }

  private fullestNodes(): string[] {
    const fullest = new Map<string, NodeInfo>();
    for (const info of this.nodes.all()) {
      if (!this.onNode.get(info.node.id)?.length) continue;
      const branch = this.branchesOf(info.node.id).at(-2) ?? '';
      const known = fullest.get(branch);
      if (!known || this.byFullness(info, known) < 0) fullest.set(branch, info);
    }
    return [...fullest.values()].sort((a, b) => this.byFullness(a, b)).map(({ node }) => node.id);
  }

  private byFullness(a: NodeInfo, b: NodeInfo): number {
    return this.tasksOn(b) - this.tasksOn(a) || inOrder(a.node.id, b.node.id);
  }

  private branchesOf(nodeId: string): string[] {
    return this.branches.get(nodeId) ?? [];
  }

  /** Where the two part, the branch that gives has to have at least two more than the one that takes. */
  private improves(from: string, to: string): boolean {
    const [giver, taker] = [this.branchesOf(from), this.branchesOf(to)];
    const level = giver.findIndex((branch, index) => branch !== taker[index]);
    const [gives = '', takes = ''] = [giver[level], taker[level]];
    return level >= 0 && (this.counts.get(gives) ?? 0) - (this.counts.get(takes) ?? 0) >= 2;
  }
}

function byAge(a: Task, b: Task): number {
  return inOrder(a.createdAt, b.createdAt) || inOrder(a.id, b.id);
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
