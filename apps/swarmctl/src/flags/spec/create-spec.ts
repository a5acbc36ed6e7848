import type { ServiceSpec, TaskSpec } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import { newContainer } from './container';
import { refuseContradictions } from './contradictions';
import { newEndpoint, newNetworks } from './endpoint';
import { newNameValues } from './name-values';
import { newPlacement } from './placement';
import { changedLogDriver, changedRestartPolicy, changedRollbackConfig, changedUpdateConfig } from './policies';
import { newResources } from './resources';
import { newMode } from './service-mode';
import { withServiceOptions } from './service-options';
import { conflict, type Surroundings } from './surroundings';

/** The words of `service create`. */
export interface CreateRequest {
  readonly image: string;
  /** What follows the image: the container's command. */
  readonly words: readonly string[];
  readonly flags: CreateFlags;
}

function newTask({ image, words, flags }: CreateRequest, surroundings: Surroundings): TaskSpec {
  return {
    containerSpec: newContainer(image, words, flags, surroundings),
    pluginSpec: undefined,
    networkAttachmentSpec: undefined,
    resources: newResources(flags),
    restartPolicy: changedRestartPolicy(undefined, flags),
    placement: newPlacement(flags),
    networks: newNetworks(flags, surroundings),
    logDriver: changedLogDriver(undefined, flags),
    forceUpdate: 0,
    runtime: '',
  };
}

/**
 * The spec that `docker service create` would send for the same words, the image not yet pinned to a digest.
 * @throws DomainError INVALID_ARGUMENT for flags that do not go together
 */
export function createSpec(request: CreateRequest, surroundings: Surroundings): ServiceSpec {
  const { flags } = request;
  const updateConfig = changedUpdateConfig(undefined, flags);
  const rollbackConfig = changedRollbackConfig(undefined, flags);
  const mode = newMode(flags);
  const isRolledOut = updateConfig !== undefined || rollbackConfig !== undefined || flags.updateProgressDeadline !== undefined;
  if ((mode.replicatedJob || mode.globalJob) && isRolledOut) {
    throw conflict('--update-* and --rollback-* do not go with jobs: a job is not rolled out');
  }
  const spec: ServiceSpec = {
    name: flags.name ?? '',
    labels: withServiceOptions(newNameValues(flags.label), flags),
    taskTemplate: newTask(request, surroundings),
    mode,
    updateConfig,
    rollbackConfig,
    networks: [],
    endpointSpec: newEndpoint(flags),
  };
  refuseContradictions(spec);
  return spec;
}
