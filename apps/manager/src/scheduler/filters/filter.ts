import type { Task } from '#common/proto';
import type { NodeInfo } from '../node-info';

/** One reason why a node may not take a task. */
export interface Filter {
  readonly name: string;
  /** Prepares the check for one task, or undefined when the task asks for nothing of the kind. */
  prepare(task: Task): ((info: NodeInfo) => boolean) | undefined;
  /** The reason for `nodes` nodes, in Docker's words. */
  why(nodes: number): string;
}

/** `on 1 node`, `on 3 nodes`. */
export function onNodes(nodes: number): string {
  return nodes === 1 ? 'on 1 node' : `on ${nodes} nodes`;
}
