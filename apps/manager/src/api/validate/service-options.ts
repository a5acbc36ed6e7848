import { parseDuration, SERVICE_OPTIONS } from '#common/domain';
import { isCode, messageOf } from '#common/errors';
import { invalidSpec } from './refusal';

const TRUTHS = ['true', 'false'];

/**
 * Checks the labels that are settings: the orchestrator relies on being able to read them.
 * @throws DomainError INVALID_ARGUMENT naming the label
 */
export function validateServiceOptions(labels: Readonly<Record<string, string>>): void {
  const deadline = labels[SERVICE_OPTIONS.progressDeadline];
  if (deadline !== undefined) validateDeadline(deadline);
  const rebalance = labels[SERVICE_OPTIONS.rebalance];
  if (rebalance !== undefined && !TRUTHS.includes(rebalance)) {
    throw invalidSpec(`label ${SERVICE_OPTIONS.rebalance}: '${rebalance}' is neither true nor false`);
  }
}

function validateDeadline(text: string): void {
  const label = `label ${SERVICE_OPTIONS.progressDeadline}`;
  if (readDuration(text, label) === 0) throw invalidSpec(`${label}: has to be longer than 0s, for example 10m`);
}

function readDuration(text: string, label: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
    throw invalidSpec(`${label}: ${messageOf(error)}, for example 10m`);
  }
}
