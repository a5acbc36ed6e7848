import type { Task } from '#common/proto';
import { BinaryHeap } from './binary-heap';
import { explain } from './explain';
import { withTask, type NodeInfo } from './node-info';
import { preparePipeline } from './pipeline';

/** Where tasks go. `nodes` holds the changed nodes as they are after the placements. */
export interface Schedule {
  placed: { task: Task; nodeId: string }[];
  unplaced: { task: Task; reason: string }[];
  nodes: NodeInfo[];
}

/**
 * Places tasks that are alike (one service, one spec): each goes to the node with the fewest tasks of that service, then the fewest
 * tasks, among those that every filter admits. Linear in the nodes plus logarithmic per task.
 */
export function schedule(tasks: readonly Task[], nodes: readonly NodeInfo[]): Schedule {
  const [sample] = tasks;
  if (!sample) return { placed: [], unplaced: [], nodes: [] };
  const pipeline = preparePipeline(sample);
  const candidates = nodes.filter((info) => pipeline.admits(info));
  const heap = new BinaryHeap(candidates, (a, b) => isBetter(a, b, sample.serviceId));
  const placed: Schedule['placed'] = [];
  const changed = new Map<string, NodeInfo>();
  for (const task of tasks) {
    const best = heap.top;
    if (!best) break;
    const after = withTask(best, task);
    placed.push({ task, nodeId: best.node.id });
    changed.set(best.node.id, after);
    heap.replaceTop(pipeline.admits(after) ? after : undefined);
  }
  const rest = tasks.slice(placed.length);
  if (rest.length === 0) return { placed, unplaced: [], nodes: [...changed.values()] };
  const reason = explain(
    pipeline,
    nodes.map((info) => changed.get(info.node.id) ?? info),
  );
  return { placed, unplaced: rest.map((task) => ({ task, reason })), nodes: [...changed.values()] };
}

function isBetter(a: NodeInfo, b: NodeInfo, serviceId: string): boolean {
  const ofService = (a.tasksByService.get(serviceId) ?? 0) - (b.tasksByService.get(serviceId) ?? 0);
  if (ofService !== 0) return ofService < 0;
  if (a.taskCount !== b.taskCount) return a.taskCount < b.taskCount;
  // Any order would do; this one makes decisions repeatable.
  return a.node.id < b.node.id;
}
