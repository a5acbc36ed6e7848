import type { GenericResource, Task } from '#common/proto';
import { explain } from './explain';
import { faultyNodes } from './failures';
import type { NodeInfo } from './node-info';
import type { NodeSet } from './node-set';
import { preparePipeline } from './pipeline';
import { growTree } from './spread-tree';

/** A task that found its node. */
export interface Placed {
  task: Task;
  nodeId: string;
  /** What it was given of the node's generic resources. */
  genericResources: GenericResource[];
}

/** Where tasks go. */
export interface Schedule {
  placed: Placed[];
  unplaced: { task: Task; reason: string }[];
}

/** The nodes among which to choose. */
export interface Choice {
  /** All nodes of the cluster; takes every placement in, for those that come after. */
  nodes: NodeSet;
  /** Those that may be chosen; all when not given. */
  candidates?: readonly NodeInfo[];
  /** Milliseconds since the epoch, comparable with the stored times. */
  now: number;
}

/**
 * Places tasks that are alike (one service, one spec): spread over the branches of their preferences, and in a branch on the best
 * node (`spread-tree.ts`) among those that every filter admits. Linear in the nodes plus logarithmic per task.
 */
export function schedule(tasks: readonly Task[], { nodes, candidates = nodes.all(), now }: Choice): Schedule {
  const [sample] = tasks;
  if (!sample) return { placed: [], unplaced: [] };
  const pipeline = preparePipeline(sample, nodes);
  const tree = growTree(sample, candidates, { pipeline, faulty: faultyNodes(candidates, sample, now) });
  const placed: Placed[] = [];
  for (const task of tasks) {
    const found = tree.place(task);
    if (!found) break;
    nodes.put(found.info);
    placed.push({ task, nodeId: found.info.node.id, genericResources: found.genericResources });
  }
  const rest = tasks.slice(placed.length);
  if (rest.length === 0) return { placed, unplaced: [] };
  const reason = explain(
    pipeline,
    candidates.map((info) => nodes.get(info.node.id) ?? info),
  );
  return { placed, unplaced: rest.map((task) => ({ task, reason })) };
}
