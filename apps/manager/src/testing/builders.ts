import { NodeAvailability, NodeRole, NodeState, TaskState } from '#common/domain';
import {
  Node,
  Service,
  type GenericResource,
  type NodeNetworking,
  type ServiceSpec,
  type Task,
  type TaskStatus,
} from '#common/proto';
import { newTask } from '../orchestrator/new-task';
import type { ServiceSnapshot } from '../orchestrator/service-snapshot';
import { toNodeInfo } from '../scheduler/node-info';

export const NOW = Date.parse('2026-01-01T12:00:00.000Z');

/** Ids that count up, so that a failing test reads well. */
export function countingIds(prefix = 'task'): () => string {
  let count = 0;
  return () => `${prefix}${++count}`;
}

export interface ServiceOptions {
  replicas?: number;
  version?: number;
  spec?: Parameters<typeof ServiceSpec.fromPartial>[0];
  /** Of a job: which run it is in. */
  iteration?: number;
}

export function aService({ replicas = 1, version = 1, spec = {}, iteration }: ServiceOptions = {}): Service {
  return Service.fromPartial({
    id: 'web-id',
    version: { index: version },
    jobStatus: iteration === undefined ? undefined : { jobIteration: { index: iteration } },
    spec: {
      name: 'web',
      mode: { replicated: { replicas } },
      taskTemplate: { containerSpec: { image: 'busybox:latest' } },
      ...spec,
    },
  });
}

export interface NodeOptions {
  state?: NodeState;
  availability?: NodeAvailability;
  nanoCpus?: number;
  memoryBytes?: number;
  labels?: Record<string, string>;
  plugins?: { type: string; name: string }[];
  genericResources?: GenericResource[];
  addr?: string;
  /** An agent that tells nothing of networks unless given. */
  networking?: Partial<NodeNetworking>;
}

export function aNode(id: string, options: NodeOptions = {}): Node {
  const {
    state = NodeState.ready,
    availability = NodeAvailability.active,
    nanoCpus = 2e9,
    memoryBytes = 2 ** 31,
    labels = {},
    plugins = [],
    genericResources = [],
    addr = '10.77.0.1',
    networking,
  } = options;
  return Node.fromPartial({
    id,
    spec: { name: '', role: NodeRole.worker, availability, labels },
    description: {
      hostname: id,
      resources: { nanoCpus, memoryBytes, genericResources },
      platform: { architecture: 'x86_64', os: 'linux' },
      engine: { plugins },
      ...(networking && { networking }),
    },
    status: { state, addr },
  });
}

export interface TaskOptions {
  slot?: number;
  nodeId?: string;
  state?: TaskState;
  desired?: TaskState;
  createdMsAgo?: number;
  service?: Service;
  id?: string;
}

export function aTask(options: TaskOptions = {}): Task {
  const { slot = 1, nodeId = 'a', state = TaskState.running, desired = TaskState.running, createdMsAgo = 60_000 } = options;
  const service = options.service ?? aService();
  const inputs = { now: NOW - createdMsAgo, newId: () => options.id ?? `${nodeId}.${slot}.${state}` };
  const task = newTask(service, { number: slot, nodeId: '' }, desired, inputs);
  return { ...task, nodeId, status: { ...(task.status as TaskStatus), state } };
}

export function aSnapshot(
  service: Service | undefined,
  tasks: Task[],
  nodes: Node[] = [aNode('a'), aNode('b'), aNode('c')],
  isOverCapacity: (task: Task) => boolean = () => false,
): ServiceSnapshot {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const tasksOn = (id: string): Task[] => tasks.filter((task) => task.nodeId === id);
  return {
    serviceId: 'web-id',
    service,
    tasks,
    node: (id) => byId.get(id),
    nodes: () => nodes,
    isOverCapacity,
    rebalance: undefined,
    credentials: undefined,
    nodeInfos: () => nodes.map((node) => toNodeInfo(node, tasksOn(node.id))),
  };
}
