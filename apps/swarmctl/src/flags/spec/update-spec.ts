import type { ServiceSpec, TaskSpec } from '#common/proto';
import type { UpdateFlags } from '../tables/update-flags';
import { changedContainer } from './container';
import { refuseContradictions } from './contradictions';
import { changedEndpoint, changedNetworks } from './endpoint';
import { changedNameValues } from './name-values';
import { changedPlacement } from './placement';
import { changedLogDriver, changedRestartPolicy, changedRollbackConfig, changedUpdateConfig } from './policies';
import { changedResources } from './resources';
import { changedMode } from './service-mode';
import { withServiceOptions } from './service-options';
import { conflict, type Surroundings } from './surroundings';

function changedTask(current: TaskSpec | undefined, flags: UpdateFlags, surroundings: Surroundings): TaskSpec {
  if (!current?.containerSpec) throw conflict('the service does not run containers: swarmctl cannot update it');
  return {
    ...current,
    containerSpec: changedContainer(current.containerSpec, flags, surroundings),
    resources: changedResources(current.resources, flags),
    restartPolicy: changedRestartPolicy(current.restartPolicy, flags),
    placement: changedPlacement(current.placement, flags),
    networks: changedNetworks(current.networks, flags, surroundings),
    logDriver: changedLogDriver(current.logDriver, flags),
    forceUpdate: flags.force ? (current.forceUpdate ?? 0) + 1 : current.forceUpdate,
  };
}

/**
 * The spec that `docker service update` would send for the same flags and the same current spec. What no flag speaks of stays
 * exactly as it was, so that it does not replace tasks.
 * @throws DomainError INVALID_ARGUMENT for flags that do not go together or not with this service
 */
export function updateSpec(current: ServiceSpec, flags: UpdateFlags, surroundings: Surroundings): ServiceSpec {
  const spec: ServiceSpec = {
    ...current,
    labels: withServiceOptions(changedNameValues(current.labels, flags.labelAdd, flags.labelRm), flags),
    taskTemplate: changedTask(current.taskTemplate, flags, surroundings),
    mode: changedMode(current.mode, flags),
    updateConfig: changedUpdateConfig(current.updateConfig, flags),
    rollbackConfig: changedRollbackConfig(current.rollbackConfig, flags),
    endpointSpec: changedEndpoint(current.endpointSpec, flags),
  };
  refuseContradictions(spec);
  return spec;
}
