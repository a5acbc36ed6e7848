import { drainPeriodMs, progressDeadlineMs, SERVICE_OPTIONS } from '#common/domain';
import { isCode } from '#common/errors';
import type { ServiceSpec } from '#common/proto';
import { invalidSpec } from './refusal';

/** What begins so is meant for swarmctl. */
const PREFIX = 'swarmctl.';

/** Refuses a value of one of our labels that nobody could read. @throws DomainError INVALID_ARGUMENT naming the label */
export function validateServiceOptions(spec: ServiceSpec): void {
  const { progressDeadline, rebalance, drainPeriod } = SERVICE_OPTIONS;
  if (readable(drainPeriod, () => drainPeriodMs(spec.labels)) < 0)
    throw invalidSpec(`label ${drainPeriod}: the period cannot be negative; 0s is none`);
  if (readable(progressDeadline, () => progressDeadlineMs(spec)) <= 0)
    throw invalidSpec(`label ${progressDeadline}: the deadline has to be longer than 0, for example 10m`);
  const choice = spec.labels[rebalance];
  if (choice !== undefined && choice !== 'true' && choice !== 'false') {
    throw invalidSpec(`label ${rebalance}: '${choice}' is neither true nor false`);
  }
}

/** Labels that look like ours and are none: nobody acts on them. */
export function unknownServiceOptions(spec: ServiceSpec): string[] {
  const known: readonly string[] = Object.values(SERVICE_OPTIONS);
  return Object.keys(spec.labels).filter((label) => label.startsWith(PREFIX) && !known.includes(label));
}

function readable(label: string, read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw isCode(error, 'INVALID_ARGUMENT') ? invalidSpec(`label ${label}: ${error.message}`) : error;
  }
}
