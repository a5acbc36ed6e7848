import { assertNever } from '#common/errors';
import type { ServiceMode } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import type { UpdateFlags } from '../tables/update-flags';
import { conflict } from './surroundings';

const NO_MODE: ServiceMode = { replicated: undefined, global: undefined, replicatedJob: undefined, globalJob: undefined };

function checkMode({ mode = 'replicated', replicas, maxConcurrent, replicasMaxPerNode }: CreateFlags): void {
  const isCounted = mode === 'replicated' || mode === 'replicated-job';
  if (replicas !== undefined && !isCounted) throw conflict(`--replicas does not go with --mode ${mode}: each node gets one task`);
  if (replicasMaxPerNode && !isCounted)
    throw conflict(`--replicas-max-per-node does not go with --mode ${mode}: each node gets one task`);
  if (maxConcurrent !== undefined && mode !== 'replicated-job') {
    throw conflict('--max-concurrent only goes with --mode replicated-job');
  }
}

/** The mode of a new service. The manager fills in what is left open. */
export function newMode(flags: CreateFlags): ServiceMode {
  checkMode(flags);
  const { mode = 'replicated', replicas, maxConcurrent } = flags;
  switch (mode) {
    case 'replicated':
      return { ...NO_MODE, replicated: { replicas } };
    case 'global':
      return { ...NO_MODE, global: {} };
    case 'replicated-job':
      return { ...NO_MODE, replicatedJob: { maxConcurrent: maxConcurrent ?? replicas, totalCompletions: replicas } };
    case 'global-job':
      return { ...NO_MODE, globalJob: {} };
    default:
      return assertNever(mode);
  }
}

/**
 * Applies `--replicas` and `--max-concurrent`; a mode itself cannot be changed. Docker takes `--max-concurrent` in an update
 * and does nothing with it; here it works for jobs and is refused for other services.
 */
export function changedMode(current: ServiceMode | undefined, flags: UpdateFlags): ServiceMode | undefined {
  const { replicas, maxConcurrent } = flags;
  if (replicas !== undefined && !current?.replicated) throw conflict('--replicas only goes with services of mode replicated');
  if (maxConcurrent !== undefined && !current?.replicatedJob) {
    throw conflict('--max-concurrent only goes with services of mode replicated-job');
  }
  if (current?.replicated && replicas !== undefined) return { ...NO_MODE, replicated: { replicas } };
  if (current?.replicatedJob && maxConcurrent !== undefined) {
    return { ...NO_MODE, replicatedJob: { ...current.replicatedJob, maxConcurrent } };
  }
  return current;
}

/** The mode with so many tasks: of a job, those that are to complete. Docker's `scale` does the same. */
export function scaledMode(current: ServiceMode | undefined, replicas: number): ServiceMode {
  if (current?.replicated) return { ...NO_MODE, replicated: { replicas } };
  if (current?.replicatedJob) return { ...NO_MODE, replicatedJob: { ...current.replicatedJob, totalCompletions: replicas } };
  throw conflict('only services of mode replicated or replicated-job can be scaled');
}
