import type { NodeDescription, Task } from '#common/proto';
import { expandTemplate, mapTemplates, taskValues, TemplateBudget, type ObjectValue } from '#common/template';
import { taskName } from './labels';

/**
 * The task with the templates of its container filled in: only here is it known which task on which node it is.
 * @throws DomainError INVALID_ARGUMENT naming the field and what cannot be filled in, or at which one the task's templates cost too much
 */
export function expandTemplates(task: Task, node: NodeDescription): Task {
  const container = task.spec?.containerSpec;
  if (!task.spec || !container) return task;
  const values = templateValues(task, node);
  const budget = new TemplateBudget();
  const expand = (field: string, text: string): string => expandTemplate(`expanding ${field} failed`, text, values, { budget });
  const containerSpec = mapTemplates(container, expand);
  return { ...task, spec: { ...task.spec, containerSpec } };
}

/** What the templates of this task may name. */
export function templateValues(task: Task, node: NodeDescription): ObjectValue {
  return taskValues({
    service: { id: task.serviceId, name: task.serviceName, labels: task.serviceLabels },
    node: {
      id: task.nodeId,
      hostname: node.hostname,
      architecture: node.platform?.architecture ?? '',
      os: node.platform?.os ?? '',
    },
    task: { id: task.id, name: taskName(task), slot: task.slot === 0 ? task.nodeId : String(task.slot) },
  });
}
