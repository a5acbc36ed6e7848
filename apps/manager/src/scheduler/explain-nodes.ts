import type { Task } from '#common/proto';
import type { NodeInfo } from './node-info';
import { preparePipeline } from './pipeline';

/** What a node says to a task. */
export interface NodeVerdict {
  nodeId: string;
  admitted: boolean;
  /** Name of the first filter that refuses. */
  filter?: string;
  reason?: string;
}

/** What each of the nodes would say if the task were to be placed now. */
export function explainNodes(task: Task, infos: readonly NodeInfo[]): NodeVerdict[] {
  const pipeline = preparePipeline(task);
  return infos.map((info) => {
    const nodeId = info.node.id;
    const filter = pipeline.refusedBy(info);
    return filter ? { nodeId, admitted: false, filter: filter.name, reason: filter.why(1) } : { nodeId, admitted: true };
  });
}
