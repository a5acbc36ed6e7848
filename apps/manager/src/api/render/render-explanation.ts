import type { Node, Task } from '#common/proto';
import type { NodeVerdict } from '../ports';
import type { JsonObject } from './json-parts';

/** Why a task is where it is, or nowhere: what `GET /tasks/{id}/explain` answers. An extension of ours to Docker's API. */
export function explanationJson(
  task: Task,
  verdicts: readonly NodeVerdict[],
  node: (id: string) => Node | undefined,
): JsonObject {
  return {
    TaskID: task.id,
    Nodes: verdicts.map(({ nodeId, admitted, filter, reason }) => ({
      NodeID: nodeId,
      Hostname: node(nodeId)?.description?.hostname ?? '',
      Admitted: admitted,
      Filter: filter,
      Reason: reason,
    })),
    Desired: { State: task.desiredState, Reason: task.desiredReason || undefined },
    Failures: task.failures,
    Restarts: task.status?.restarts ?? 0,
    RunningSince: task.status?.runningAt,
  };
}
