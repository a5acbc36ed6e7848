import type { ServiceMode, ServiceSpec } from '#common/proto';
import { isJob, modesOf } from '../service-mode';
import { invalidSpec, unreadableSpec } from './api-errors';

/** Far beyond any cluster, and few enough that a slip of the keyboard cannot fill the store. */
export const MAX_TASKS_PER_SERVICE = 100_000;

/** @throws DomainError INVALID_ARGUMENT */
export function validateMode(spec: ServiceSpec): void {
  if (modesOf(spec.mode).length > 1) throw unreadableSpec('must specify only one service mode');
  if (isJob(spec.mode) && spec.updateConfig) throw invalidSpec('Jobs may not have an update config');
  // Docker stores this one and never uses it; a job is not rolled out, so there is nothing to roll back by it either.
  if (isJob(spec.mode) && spec.rollbackConfig) throw invalidSpec('Jobs may not have a rollback config');
  for (const [name, count] of requestedTasks(spec.mode)) {
    if (count > MAX_TASKS_PER_SERVICE) {
      throw invalidSpec(`${name} ${count} is more than a service may have here (${MAX_TASKS_PER_SERVICE})`);
    }
  }
}

function requestedTasks(mode: ServiceMode | undefined): [name: string, count: number][] {
  return [
    ['Replicas', mode?.replicated?.replicas ?? 0],
    ['MaxConcurrent', mode?.replicatedJob?.maxConcurrent ?? 0],
    ['TotalCompletions', mode?.replicatedJob?.totalCompletions ?? 0],
  ];
}
