import { MIN_HEALTH_NANOS } from '#common/domain';
import type { HealthConfig } from '#common/proto';
import { invalidSpec } from './api-errors';

const TEST_KINDS = ['NONE', 'CMD', 'CMD-SHELL'];

/** Zero durations and an empty test are the image's own. @throws DomainError INVALID_ARGUMENT */
export function validateHealthcheck(health: HealthConfig | undefined): void {
  if (!health) return;
  const durations = {
    Interval: health.interval,
    Timeout: health.timeout,
    StartPeriod: health.startPeriod,
    StartInterval: health.startInterval,
  };
  for (const [name, nanos] of Object.entries(durations)) {
    if (nanos !== 0 && nanos < MIN_HEALTH_NANOS)
      throw invalidSpec(`ContainerSpec: ${name} in HealthConfig cannot be less than 1ms`);
  }
  if (health.retries < 0) throw invalidSpec('ContainerSpec: Retries in HealthConfig cannot be negative');
  const [kind] = health.test;
  if (kind !== undefined && !TEST_KINDS.includes(kind)) {
    throw invalidSpec(`ContainerSpec: Test in HealthConfig must start with one of ${TEST_KINDS.join(', ')}, not '${kind}'`);
  }
}
