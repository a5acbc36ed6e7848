import { DomainError } from '#common/errors';
import type { ServiceSpec, TaskSpec } from '#common/proto';
import { findPredefinedNetwork } from '../predefined-networks';
import { modeOf } from '../service-mode';
import { validateContainer } from './container';
import { validateEndpoint } from './endpoint';
import { validateMode } from './mode';
import { validatePlacement } from './placement';
import { unimplementedChange, unreadableSpec } from './refusal';
import { validateResources } from './resources';
import { validateRestartPolicy } from './restart-policy';
import { validateServiceName } from './service-name';
import { validateServiceOptions } from './service-options';
import { validateUpdateConfig } from './update-config';

/**
 * Checks all of a spec that can be checked by itself.
 * @throws DomainError INVALID_ARGUMENT · NOT_FOUND a network · UNIMPLEMENTED a runtime
 */
export function validateServiceSpec(spec: ServiceSpec): void {
  const { taskTemplate } = spec;
  validateRuntime(taskTemplate);
  validateMode(spec);
  validateServiceName(spec.name);
  validateServiceOptions(spec.labels);
  if (taskTemplate) validateTask(taskTemplate);
  validateUpdateConfig(spec.updateConfig, 'update');
  validateUpdateConfig(spec.rollbackConfig, 'rollback');
  validateEndpoint(spec.endpointSpec);
  validateNetworks(spec);
}

/** Checks what an update may not change. @throws DomainError UNIMPLEMENTED */
export function validateChange(before: ServiceSpec, after: ServiceSpec): void {
  if (before.name !== after.name) throw unimplementedChange('renaming services is not supported');
  if (modeOf(before.mode) !== modeOf(after.mode)) throw unimplementedChange('service mode change is not allowed');
}

function validateTask(task: TaskSpec): void {
  validateResources(task.resources);
  validateRestartPolicy(task.restartPolicy);
  validatePlacement(task.placement);
  if (task.containerSpec) validateContainer(task.containerSpec);
}

function validateRuntime(task: TaskSpec | undefined): void {
  const runtime = task?.runtime ?? '';
  switch (runtime) {
    case '':
    case 'container':
      if (!task?.containerSpec) throw unreadableSpec('mismatched Runtime and *Spec fields');
      return;
    case 'plugin':
      throw new DomainError('UNIMPLEMENTED', 'runtime type "plugin" is not available on this manager yet');
    default:
      throw unreadableSpec('unsupported runtime');
  }
}

function validateNetworks(spec: ServiceSpec): void {
  const networks = [...(spec.taskTemplate?.networks ?? []), ...spec.networks];
  for (const { target } of networks) {
    if (!findPredefinedNetwork(target)) throw new DomainError('NOT_FOUND', `network ${target} not found`);
  }
  if (networks.length > 1) {
    throw new DomainError('UNIMPLEMENTED', 'services on more than one network are not available on this manager yet');
  }
}
