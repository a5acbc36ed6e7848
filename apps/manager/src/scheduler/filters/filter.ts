import type { Task } from '#common/proto';
import type { NodeInfo } from '../node-info';
import type { NodeSet } from '../node-set';

/** One reason why nodes may not take a task. */
export interface Filter {
  readonly name: string;
  /** Prepares the checks for tasks of one service and one spec; none when they ask for nothing of the kind. */
  prepare(task: Task, nodes: NodeSet): readonly Check[];
}

/** One thing that a task asks of its node. */
export interface Check {
  admits(info: NodeInfo): boolean;
  /** Why `nodes` nodes are refused, in Docker's words. */
  why(nodes: number): string;
  /** Why this node is refused, with what it has and what the task needs. */
  refusal(info: NodeInfo): string;
  /** Whether placing a task of the same service on one node may make others be refused. */
  readonly spansNodes?: boolean;
}

/** `on 1 node`, `on 3 nodes`. */
export function onNodes(nodes: number): string {
  return nodes === 1 ? 'on 1 node' : `on ${nodes} nodes`;
}
