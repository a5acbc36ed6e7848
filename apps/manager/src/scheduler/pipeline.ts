import type { Task } from '#common/proto';
import { constraintFilter } from './filters/constraint-filter';
import type { Filter } from './filters/filter';
import { hostPortFilter } from './filters/host-port-filter';
import { maxReplicasFilter } from './filters/max-replicas-filter';
import { platformFilter } from './filters/platform-filter';
import { pluginFilter } from './filters/plugin-filter';
import { readyFilter } from './filters/ready-filter';
import { resourceFilter } from './filters/resource-filter';
import type { NodeInfo } from './node-info';

/** In the order in which they are asked; the first that refuses gives the reason. */
const FILTERS: readonly Filter[] = [
  readyFilter,
  constraintFilter,
  platformFilter,
  pluginFilter,
  resourceFilter,
  hostPortFilter,
  maxReplicasFilter,
];

/** The checks that one kind of task needs. */
export interface Pipeline {
  admits(info: NodeInfo): boolean;
  /** The first filter that refuses the node. */
  refusedBy(info: NodeInfo): Filter | undefined;
}

/** Prepares the filters for a task; tasks with the same spec and service share a pipeline. */
export function preparePipeline(task: Task): Pipeline {
  const checks = FILTERS.flatMap((filter) => {
    const admits = filter.prepare(task);
    return admits ? [{ filter, admits }] : [];
  });
  return {
    admits: (info) => checks.every((check) => check.admits(info)),
    refusedBy: (info) => checks.find((check) => !check.admits(info))?.filter,
  };
}
