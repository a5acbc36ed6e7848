import type { HealthConfig } from '#common/proto';
import type { HealthFlags } from '../tables/shared-flags';
import { conflict } from './surroundings';

const NO_HEALTH_CHECK = 'NONE';
const UNSET: HealthConfig = { test: [], interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };

function isGiven(flags: HealthFlags): boolean {
  const { healthCmd, healthRetries, healthInterval, healthTimeout, healthStartPeriod, healthStartInterval } = flags;
  return [healthCmd, healthRetries, healthInterval, healthTimeout, healthStartPeriod, healthStartInterval].some(
    (value) => value !== undefined,
  );
}

function testOf(current: HealthConfig, command: string | undefined): string[] {
  if (command !== undefined) return command === '' ? [] : ['CMD-SHELL', command];
  return current.test[0] === NO_HEALTH_CHECK ? [] : current.test;
}

/** Applies the health flags. @throws DomainError INVALID_ARGUMENT when a check is both forbidden and described */
export function changedHealthcheck(current: HealthConfig | undefined, flags: HealthFlags): HealthConfig | undefined {
  if (flags.noHealthcheck && isGiven(flags)) throw conflict('--no-healthcheck does not go with the other --health-* flags');
  if (flags.noHealthcheck) return { ...UNSET, test: [NO_HEALTH_CHECK] };
  if (!isGiven(flags)) return current;
  const base = current ?? UNSET;
  return {
    test: testOf(base, flags.healthCmd),
    interval: flags.healthInterval ?? base.interval,
    timeout: flags.healthTimeout ?? base.timeout,
    startPeriod: flags.healthStartPeriod ?? base.startPeriod,
    startInterval: flags.healthStartInterval ?? base.startInterval,
    retries: flags.healthRetries ?? base.retries,
  };
}

/** The health check of a new container; `--health-cmd ""` or `--health-retries 0` alone describe none. */
export function newHealthcheck(flags: HealthFlags): HealthConfig | undefined {
  const { healthCmd, healthRetries, ...rest } = flags;
  return changedHealthcheck(undefined, { ...rest, healthCmd: healthCmd || undefined, healthRetries: healthRetries || undefined });
}
