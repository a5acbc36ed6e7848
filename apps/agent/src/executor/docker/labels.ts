import type { Task } from '#common/proto';

/** Task id: what makes a container ours. Stock Swarm's containers carry Docker's task labels too, but never this one. */
export const TASK_LABEL = 'io.swarmctl.task';
/** Node whose agent made the container. Two agents on one engine (or a new node id) leave each other's containers alone. */
export const NODE_LABEL = 'io.swarmctl.node';
/** Cluster for which it was made: a node that joins another cluster leaves the containers of the old one alone. */
export const CLUSTER_LABEL = 'io.swarmctl.cluster';

/** `service.slot.task`, as Docker names a task; where the node stands for the slot, its id does so in the name. */
export function taskName(task: Task): string {
  return `${task.serviceName}.${task.slot === 0 ? task.nodeId : task.slot}.${task.id}`;
}

/** The labels that say whose container it is: Docker's, for tools that know swarm mode, and ours, by which it is found again. */
export function identityLabels(task: Task, clusterId: string): Record<string, string> {
  return {
    'com.docker.swarm.task': '',
    'com.docker.swarm.task.id': task.id,
    'com.docker.swarm.task.name': taskName(task),
    'com.docker.swarm.node.id': task.nodeId,
    'com.docker.swarm.service.id': task.serviceId,
    'com.docker.swarm.service.name': task.serviceName,
    [TASK_LABEL]: task.id,
    [NODE_LABEL]: task.nodeId,
    [CLUSTER_LABEL]: clusterId,
  };
}
