import type { Task } from '#common/proto';
import { explain } from './explain';
import type { NodeInfo } from './node-info';
import { preparePipeline } from './pipeline';
import { growTree } from './spread-tree';

/** Where tasks go. `nodes` holds the changed nodes as they are after the placements. */
export interface Schedule {
  placed: { task: Task; nodeId: string }[];
  unplaced: { task: Task; reason: string }[];
  nodes: NodeInfo[];
}

/**
 * Places tasks that are alike (one service, one spec): spread over the branches of their preferences, and in a branch on the node
 * with the fewest tasks of that service, then the fewest tasks, among those that every filter admits. Linear in the nodes plus
 * logarithmic per task.
 */
export function schedule(tasks: readonly Task[], nodes: readonly NodeInfo[]): Schedule {
  const [sample] = tasks;
  if (!sample) return { placed: [], unplaced: [], nodes: [] };
  const pipeline = preparePipeline(sample);
  const tree = growTree(sample, nodes, pipeline);
  const placed: Schedule['placed'] = [];
  const changed = new Map<string, NodeInfo>();
  for (const task of tasks) {
    const after = tree.place(task);
    if (!after) break;
    placed.push({ task, nodeId: after.node.id });
    changed.set(after.node.id, after);
  }
  const rest = tasks.slice(placed.length);
  if (rest.length === 0) return { placed, unplaced: [], nodes: [...changed.values()] };
  const reason = explain(
    pipeline,
    nodes.map((info) => changed.get(info.node.id) ?? info),
  );
  return { placed, unplaced: rest.map((task) => ({ task, reason })), nodes: [...changed.values()] };
}
