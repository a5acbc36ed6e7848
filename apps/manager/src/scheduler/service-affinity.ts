import { readConstraint, type ServiceAffinity } from '#common/domain';
import type { Placement, Task } from '#common/proto';

const NONE: readonly ServiceAffinity[] = [];
const ABOUT_A_SERVICE = /^\s*service\s*[=!]=/i;

/** Beside which services tasks are to run, and beside which not. Expressions that cannot be read are not among them. */
export function affinitiesOf(placement: Placement | undefined): readonly ServiceAffinity[] {
  const expressions = (placement?.constraints ?? []).filter((text) => ABOUT_A_SERVICE.test(text));
  if (expressions.length === 0) return NONE;
  return expressions.map(readConstraint).filter((constraint) => constraint?.kind === 'service');
}

/** Whether an affinity's service, a name or an id, is the task's own. */
export function isOwnService(service: string, task: Task): boolean {
  return service === task.serviceId || service === task.serviceName;
}

/**
 * Which other services the task keeps away from it. What it says of its own service binds only those of its tasks that say so too:
 * a newer version may have stopped to.
 */
export function repulsionsOf(task: Task): readonly ServiceAffinity[] {
  const placement = task.spec?.placement;
  if (!placement || placement.constraints.length === 0) return NONE;
  return affinitiesOf(placement).filter(({ operator, service }) => operator === '!=' && !isOwnService(service, task));
}
