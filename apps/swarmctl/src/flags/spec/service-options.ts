import { SERVICE_OPTIONS } from '#common/domain';
import { renderDuration } from '../../render/durations';
import type { ServiceOptionFlags } from '../tables/shared-flags';
import type { Pair } from '../values/text';
import { changedNameValues } from './name-values';
import { conflict } from './surroundings';

function toLabels({ updateProgressDeadline, rebalance }: ServiceOptionFlags): Pair[] {
  if (updateProgressDeadline === 0) throw conflict('--update-progress-deadline has to be longer than 0s: no task runs at once');
  const deadline = updateProgressDeadline === undefined ? undefined : renderDuration(updateProgressDeadline);
  return [
    ...(deadline === undefined ? [] : [[SERVICE_OPTIONS.progressDeadline, deadline] as const]),
    ...(rebalance ? [[SERVICE_OPTIONS.rebalance, 'true'] as const] : []),
  ];
}

/**
 * Labels of a service with the settings that Docker's spec has no field for. `--rebalance=false` takes its label away, since a
 * service without it is left alone.
 * @throws DomainError INVALID_ARGUMENT for a deadline of no length
 */
export function withServiceOptions(labels: Readonly<Record<string, string>>, flags: ServiceOptionFlags): Record<string, string> {
  return changedNameValues(labels, toLabels(flags), flags.rebalance === false ? [SERVICE_OPTIONS.rebalance] : []);
}
