import type { RestartPolicy } from '#common/proto';
import { invalidSpec, requireOneOf } from './api-errors';

const CONDITIONS = ['none', 'on-failure', 'any'];

/** @throws DomainError INVALID_ARGUMENT */
export function validateRestartPolicy(policy: RestartPolicy | undefined): void {
  if (!policy) return;
  requireOneOf(policy.condition, CONDITIONS, `invalid RestartCondition: ${JSON.stringify(policy.condition)}`);
  if ((policy.delay ?? 0) < 0) throw invalidSpec('TaskSpec: restart-delay cannot be negative');
  if ((policy.window ?? 0) < 0) throw invalidSpec('TaskSpec: restart-window cannot be negative');
}
