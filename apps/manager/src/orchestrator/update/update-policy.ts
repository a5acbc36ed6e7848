import {
  DEFAULT_FAILURE_ACTION,
  DEFAULT_UPDATE_MONITOR_NANOS,
  DEFAULT_UPDATE_ORDER,
  DEFAULT_UPDATE_PARALLELISM,
  nanosToMs,
  progressDeadlineMs,
} from '#common/domain';
import { SpecChange_Kind, UpdateStatus_State, type Service } from '#common/proto';

/** How a service's tasks are to be replaced, with every default filled in. */
export interface UpdatePolicy {
  /** A rollback has settings of its own, and is never rolled back itself. */
  isRollback: boolean;
  /** Most tasks that are on their way at a time. */
  parallelism: number;
  /** Pause after a task runs before the next one in its stead is replaced. */
  delayMs: number;
  /** How long a new task has to run before it counts as sound. */
  monitorMs: number;
  failureAction: string;
  /** Part of the outdated tasks whose replacements may fail. */
  maxFailureRatio: number;
  startsFirst: boolean;
  /** How long a new task may take until it runs. */
  deadlineMs: number;
}

/** The policy of what is going on: the rollback's own until that has ended, else the update's, by which tasks are moved too. */
export function updatePolicyOf({ spec, change, updateStatus }: Service): UpdatePolicy {
  const state = updateStatus?.state ?? UpdateStatus_State.rollback_started;
  const isRollback = change?.kind === SpecChange_Kind.rollback && state === UpdateStatus_State.rollback_started;
  const config = isRollback ? spec?.rollbackConfig : spec?.updateConfig;
  const parallelism = config?.parallelism ?? DEFAULT_UPDATE_PARALLELISM;
  return {
    isRollback,
    parallelism: parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism,
    delayMs: nanosToMs(config?.delay ?? 0),
    monitorMs: nanosToMs(config?.monitor || DEFAULT_UPDATE_MONITOR_NANOS),
    failureAction: config?.failureAction || DEFAULT_FAILURE_ACTION,
    maxFailureRatio: config?.maxFailureRatio ?? 0,
    startsFirst: (config?.order || DEFAULT_UPDATE_ORDER) === 'start-first',
    deadlineMs: progressDeadlineMs(spec),
  };
}
