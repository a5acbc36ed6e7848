import { Task, type Node, type Placement } from '#common/proto';
import { affinityFilter } from './filters/affinity-filter';
import { constraintFilter } from './filters/constraint-filter';
import type { Check, Filter } from './filters/filter';
import { hostPortFilter } from './filters/host-port-filter';
import { maxReplicasFilter } from './filters/max-replicas-filter';
import { overlayFilter } from './filters/overlay-filter';
import { platformFilter } from './filters/platform-filter';
import { pluginFilter } from './filters/plugin-filter';
import { readyFilter } from './filters/ready-filter';
import { resourceFilter } from './filters/resource-filter';
import { toNodeInfo, type NodeInfo } from './node-info';
import { NodeSet } from './node-set';

/** In the order in which they are asked; the first that refuses gives the reason. */
const FILTERS: readonly Filter[] = [
  readyFilter,
  constraintFilter,
  platformFilter,
  pluginFilter,
  overlayFilter,
  affinityFilter,
  resourceFilter,
  hostPortFilter,
  maxReplicasFilter,
];

/** Those that look at nothing but what the node is. */
const ATTRIBUTE_FILTERS: readonly Filter[] = [constraintFilter, platformFilter];

/** A check, and the name of the filter that makes it. */
export type NamedCheck = Check & { readonly filter: string };

/** The checks that one kind of task needs. */
export interface Pipeline {
  admits(info: NodeInfo): boolean;
  /** The first check that refuses the node. */
  refusedBy(info: NodeInfo): NamedCheck | undefined;
  /** Whether a node that was admitted may have to be asked again once a task of the same service was placed elsewhere. */
  readonly spansNodes: boolean;
}

/** Prepares the filters for a task; tasks with the same spec and service share a pipeline. */
export function preparePipeline(task: Task, nodes: NodeSet, filters: readonly Filter[] = FILTERS): Pipeline {
  const checks = filters.flatMap((filter) => filter.prepare(task, nodes).map((check) => ({ ...check, filter: filter.name })));
  return {
    admits: (info) => checks.every((check) => check.admits(info)),
    refusedBy: (info) => checks.find((check) => !check.admits(info)),
    spansNodes: checks.some(({ spansNodes }) => spansNodes),
  };
}

/** Whether the constraints and platforms of a placement allow the node itself, whatever runs there and whatever its state. */
export function attributesAllow(placement: Placement | undefined, node: Node): boolean {
  const probe = Task.fromPartial({ spec: { placement } });
  return preparePipeline(probe, new NodeSet([]), ATTRIBUTE_FILTERS).admits(toNodeInfo(node, []));
}
