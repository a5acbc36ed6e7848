import type { ServiceMode } from '#common/proto';

/** Docker's name of each mode, as filters use it. */
export type ModeName = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** The modes that a spec names: exactly one in a valid spec, none where the client left it to us. */
export function modesOf(mode: ServiceMode | undefined): ModeName[] {
  const modes: ModeName[] = [];
  if (mode?.replicated) modes.push('replicated');
  if (mode?.global) modes.push('global');
  if (mode?.replicatedJob) modes.push('replicated-job');
  if (mode?.globalJob) modes.push('global-job');
  return modes;
}

/** The mode of a spec; a silent one is replicated. */
export function modeOf(mode: ServiceMode | undefined): ModeName {
  return modesOf(mode)[0] ?? 'replicated';
}

/** Whether the service runs to completion instead of for ever. */
export function isJob(mode: ServiceMode | undefined): boolean {
  return mode?.replicatedJob !== undefined || mode?.globalJob !== undefined;
}

/** How many tasks the service has when all of them are there. @param nodes number of nodes in the cluster */
export function expectedTasks(mode: ServiceMode | undefined, nodes: number): number {
  switch (modeOf(mode)) {
    case 'replicated':
      return mode?.replicated?.replicas ?? 1;
    case 'replicated-job':
      return mode?.replicatedJob?.totalCompletions ?? mode?.replicatedJob?.maxConcurrent ?? 1;
    case 'global':
    case 'global-job':
      return nodes;
  }
}
