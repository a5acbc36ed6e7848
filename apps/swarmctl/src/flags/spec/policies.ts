import {
  DEFAULT_FAILURE_ACTION,
  DEFAULT_RESTART_CONDITION,
  DOCKER_RESTART_DELAY_NANOS,
  DEFAULT_UPDATE_MONITOR_NANOS,
  DEFAULT_UPDATE_ORDER,
  DEFAULT_UPDATE_PARALLELISM,
} from '#common/domain';
import type { Driver, RestartPolicy, UpdateConfig } from '#common/proto';
import type { LogFlags, RestartFlags, RollbackPolicyFlags, UpdatePolicyFlags } from '../tables/shared-flags';
import { newNameValues } from './name-values';
import { conflict } from './surroundings';

// What docker writes into a spec as soon as one flag of the group is given.
const DEFAULT_RESTART_POLICY: RestartPolicy = {
  condition: DEFAULT_RESTART_CONDITION,
  delay: DOCKER_RESTART_DELAY_NANOS,
  maxAttempts: 0,
  window: undefined,
};
export const DEFAULT_UPDATE_CONFIG: UpdateConfig = {
  parallelism: DEFAULT_UPDATE_PARALLELISM,
  delay: 0,
  failureAction: DEFAULT_FAILURE_ACTION,
  monitor: DEFAULT_UPDATE_MONITOR_NANOS,
  maxFailureRatio: 0,
  order: DEFAULT_UPDATE_ORDER,
};

/** The properties that have a value. */
function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** The current message, or the default one, with what was given; unchanged when nothing was. */
function changed<T extends object>(current: T | undefined, whenUnset: T, values: { [K in keyof T]?: T[K] }): T | undefined {
  const changes = given(values);
  return Object.keys(changes).length === 0 ? current : { ...(current ?? whenUnset), ...changes };
}

/** Applies the `--restart-*` flags. */
export function changedRestartPolicy(current: RestartPolicy | undefined, flags: RestartFlags): RestartPolicy | undefined {
  return changed(current, DEFAULT_RESTART_POLICY, {
    condition: flags.restartCondition,
    delay: flags.restartDelay,
    maxAttempts: flags.restartMaxAttempts,
    window: flags.restartWindow,
  });
}

/** Applies the `--update-*` flags. */
export function changedUpdateConfig(current: UpdateConfig | undefined, flags: UpdatePolicyFlags): UpdateConfig | undefined {
  return changed(current, DEFAULT_UPDATE_CONFIG, {
    parallelism: flags.updateParallelism,
    delay: flags.updateDelay,
    monitor: flags.updateMonitor,
    failureAction: flags.updateFailureAction,
    maxFailureRatio: flags.updateMaxFailureRatio,
    order: flags.updateOrder,
  });
}

/** Applies the `--rollback-*` flags. */
export function changedRollbackConfig(current: UpdateConfig | undefined, flags: RollbackPolicyFlags): UpdateConfig | undefined {
  return changed(current, DEFAULT_UPDATE_CONFIG, {
    parallelism: flags.rollbackParallelism,
    delay: flags.rollbackDelay,
    monitor: flags.rollbackMonitor,
    failureAction: flags.rollbackFailureAction,
    maxFailureRatio: flags.rollbackMaxFailureRatio,
    order: flags.rollbackOrder,
  });
}

/**
 * Applies `--log-driver` and `--log-opt`. Options replace all those before. Docker drops options that come without a driver
 * and says nothing; we refuse them.
 */
export function changedLogDriver(current: Driver | undefined, { logDriver, logOpt }: LogFlags): Driver | undefined {
  if (logDriver) return { name: logDriver, options: newNameValues(logOpt) };
  if (logOpt) throw conflict('--log-opt needs --log-driver as well, such as --log-driver json-file');
  return current;
}
