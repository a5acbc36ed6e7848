import { isCode } from '#common/errors';
import type { ContainerSpec } from '#common/proto';
import { mapTemplates, requireValidTemplate, taskTypes } from '#common/template';
import { invalidSpec } from './api-errors';

/**
 * Refuses a template that no node could fill in. Docker finds that out on the node, task after task.
 * @param serviceLabels labels that the templates may name
 * @throws DomainError INVALID_ARGUMENT naming the field, the place in the template, and what there is instead
 */
export function validateTemplates(container: ContainerSpec, serviceLabels: Readonly<Record<string, string>>): void {
  const types = taskTypes(serviceLabels);
  try {
    mapTemplates(container, (field, text) => {
      requireValidTemplate(`ContainerSpec: ${field}`, text, types);
      return text;
    });
  } catch (error) {
    throw isCode(error, 'INVALID_ARGUMENT') ? invalidSpec(error.message) : error;
  }
}
