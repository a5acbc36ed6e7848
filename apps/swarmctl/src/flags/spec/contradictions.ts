import type { ContainerSpec, ResourceRequirements, ServiceSpec } from '#common/proto';
import { mapTemplates, requireValidTemplate, taskTypes } from '#common/template';
import { conflict } from './surroundings';

const UNLIMITED = -1;
/** Parts of a container by the flags that they come from. */
const FLAG_OF: readonly (readonly [RegExp, string])[] = [
  [/^Env /, '--env '],
  [/^Hostname$/, '--hostname'],
  [/^Mount /, '--mount '],
];

/**
 * Refuses what the manager would refuse, while it can still be said which flag it was.
 * @throws DomainError INVALID_ARGUMENT naming the flag
 */
export function refuseContradictions({ taskTemplate, labels }: ServiceSpec): void {
  if (taskTemplate?.resources) refuseResources(taskTemplate.resources);
  const container = taskTemplate?.containerSpec;
  if (!container) return;
  refuseDuplicateMounts(container);
  refuseTemplates(container, labels);
}

function refuseResources({ limits, reservations, swapBytes }: ResourceRequirements): void {
  if (limits?.memoryBytes && (reservations?.memoryBytes ?? 0) > limits.memoryBytes) {
    throw conflict(
      `--reserve-memory (${reservations?.memoryBytes} bytes) is more than --limit-memory (${limits.memoryBytes} bytes)`,
    );
  }
  if (limits?.nanoCpus && (reservations?.nanoCpus ?? 0) > limits.nanoCpus)
    throw conflict('--reserve-cpu is more than --limit-cpu');
  if (swapBytes !== undefined && swapBytes !== UNLIMITED && !limits?.memoryBytes) {
    throw conflict('--memory-swap needs --limit-memory as well: it is what a task may use on top of that');
  }
}

function refuseDuplicateMounts({ mounts }: ContainerSpec): void {
  const targets = mounts.map(({ target }) => target);
  const duplicate = targets.find((target, index) => targets.indexOf(target) < index);
  if (duplicate !== undefined) throw conflict(`--mount: there are two at ${duplicate}`);
}

function refuseTemplates(container: ContainerSpec, labels: Readonly<Record<string, string>>): void {
  const types = taskTypes(labels);
  mapTemplates(container, (field, text) => {
    requireValidTemplate(flagOf(field), text, types);
    return text;
  });
}

function flagOf(field: string): string {
  const known = FLAG_OF.find(([pattern]) => pattern.test(field));
  return known ? field.replace(known[0], known[1]) : field;
}
