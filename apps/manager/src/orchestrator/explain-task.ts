import type { Node, Task } from '#common/proto';
import { explainNodes, type NodeVerdict } from '../scheduler/explain';
import { toNodeInfo } from '../scheduler/node-info';

/** The nodes, and what is on them. */
export interface NodesAndTasks {
  nodes(): readonly Node[];
  tasksOfNode(nodeId: string): readonly Task[];
}

/**
 * Which nodes would take the task if it were to be placed now, and why the others would not. What the task itself holds counts as free.
 */
export function explainTask(task: Task, { nodes, tasksOfNode }: NodesAndTasks): NodeVerdict[] {
  const infos = nodes().map((node) =>
    toNodeInfo(
      node,
      tasksOfNode(node.id).filter(({ id }) => id !== task.id),
    ),
  );
  const verdicts = explainNodes(task, infos);
  return isBound(task) ? verdicts.filter(({ nodeId }) => nodeId === task.nodeId) : verdicts;
}

/** A task of a global service is for one node from the beginning. */
function isBound(task: Task): boolean {
  return task.slot === 0 && task.nodeId !== '';
}
