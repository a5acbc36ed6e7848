import { findPredefinedNetwork } from '#common/domain';
import { DomainError } from '#common/errors';
import type { ServiceSpec, TaskSpec } from '#common/proto';
import { modeOf } from '../service-mode';
import { validateContainer } from './container';
import { validateEndpoint } from './endpoint';
import { validateKernelSettings } from './kernel-settings';
import { validateMode } from './mode';
import { validatePlacement } from './placement';
import { unimplementedChange, unreadableSpec } from './api-errors';
import { validateResources } from './resources';
import { validateRestartPolicy } from './restart-policy';
import { validateServiceName } from './service-name';
import { validateServiceOptions } from './service-options';
import { validateTemplates } from './templates';
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
  validateServiceOptions(spec);
  if (taskTemplate) validateTask(taskTemplate, spec);
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

function validateTask(task: TaskSpec, service: ServiceSpec): void {
  const { containerSpec } = task;
  validateResources(task.resources);
  validateRestartPolicy(task.restartPolicy);
  validatePlacement(task.placement);
  if (!containerSpec) return;
  validateContainer(containerSpec);
  validateKernelSettings(containerSpec, [...task.networks, ...service.networks]);
  validateTemplates(containerSpec, service.labels);
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
  if (networks.length < 2) return;
  const predefined = networks.find(({ target }) => findPredefinedNetwork(target));
  if (predefined) {
    throw new DomainError('UNIMPLEMENTED', `network ${predefined.target} beside others is not available on this manager yet`);
  }
}
