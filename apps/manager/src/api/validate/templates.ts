import { isCode } from '#common/errors';
import type { ContainerSpec } from '#common/proto';
import {
  expandTemplate,
  isTemplate,
  mapTemplates,
  requireValidTemplate,
  taskTypes,
  taskValues,
  TemplateBudget,
  type ObjectValue,
} from '#common/template';
import { invalidSpec } from './api-errors';

// In place of what only a node knows: as long as it usually is.
const ID = 'x'.repeat(25);
const NAME = 'x'.repeat(63);

/**
 * Refuses a template that no node could fill in, or on which a node would give up. Docker finds that out on the node, task after task.
 * @param serviceLabels labels that the templates may name
 * @throws DomainError INVALID_ARGUMENT naming the field, the place in the template, and what there is instead or what is too much
 */
export function validateTemplates(container: ContainerSpec, serviceLabels: Readonly<Record<string, string>>): void {
  const types = taskTypes(serviceLabels);
  const values = taskValues({
    service: { id: ID, name: NAME, labels: serviceLabels },
    node: { id: ID, hostname: NAME, architecture: 'x86_64', os: 'linux' },
    task: { id: ID, name: NAME, slot: '1' },
  });
  const budget = new TemplateBudget();
  try {
    mapTemplates(container, (name, text) => {
      if (!isTemplate(text)) return text;
      const field = `ContainerSpec: ${name}`;
      requireValidTemplate(field, text, types);
      requireAffordable(field, text, values, budget);
      return text;
    });
  } catch (error) {
    throw isCode(error, 'INVALID_ARGUMENT') ? invalidSpec(error.message) : error;
  }
}

/** Fills the template in as a node would. What else is wrong with the stand-ins may be right with a node's own values. */
function requireAffordable(field: string, text: string, values: ObjectValue, budget: TemplateBudget): void {
  try {
    expandTemplate(field, text, values, { budget });
  } catch (error) {
    if (budget.isSpent) throw error;
  }
}
