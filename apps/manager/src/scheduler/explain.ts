import type { Task } from '#common/proto';
import { OWN_TASK_THERE } from './filters/affinity-filter';
import { PORT_TAKEN } from './filters/host-port-filter';
import { LIMIT_REACHED } from './filters/max-replicas-filter';
import type { NodeInfo } from './node-info';
import { NodeSet } from './node-set';
import { preparePipeline, type NamedCheck, type Pipeline } from './pipeline';

/** Why no node takes the task: "no suitable node (insufficient resources on 3 nodes)". */
export function explain(pipeline: Pipeline, nodes: Iterable<NodeInfo>): string {
  const refusals = new Map<NamedCheck, number>();
  for (const info of nodes) {
    const check = pipeline.refusedBy(info);
    if (check) refusals.set(check, (refusals.get(check) ?? 0) + 1);
  }
  const reasons = [...refusals].sort(([, a], [, b]) => b - a).map(([check, count]) => check.why(count));
  return reasons.length > 0 ? `no suitable node (${reasons.join('; ')})` : 'no suitable node';
}

/** Whether a reason from `explain` says that a node would do, were it not for a port or a place that another task holds there. */
export function saysPlaceIsTaken(reason: string): boolean {
  return [PORT_TAKEN, LIMIT_REACHED, OWN_TASK_THERE].some((text) => reason.includes(text));
}

/** What a node says to a task. */
export interface NodeVerdict {
  nodeId: string;
  admitted: boolean;
  /** Name of the first filter that refuses. */
  filter?: string;
  /** Why it does, with what the node has and what the task needs. */
  reason?: string;
}

/** What each of all nodes would say if the task were to be placed now. @param infos all nodes of the cluster */
export function explainNodes(task: Task, infos: readonly NodeInfo[]): NodeVerdict[] {
  const pipeline = preparePipeline(task, new NodeSet(infos));
  return infos.map((info) => {
    const check = pipeline.refusedBy(info);
    const nodeId = info.node.id;
    return check ? { nodeId, admitted: false, filter: check.filter, reason: check.refusal(info) } : { nodeId, admitted: true };
  });
}
