import { NANOS_PER_SECOND } from './duration';

/** Docker's own defaults (SwarmKit api/defaults/service.go), used wherever a spec is silent. */
export const DEFAULT_REPLICAS = 1;
export const DEFAULT_STOP_GRACE_PERIOD_NANOS = 10 * NANOS_PER_SECOND;
export const DEFAULT_RESTART_CONDITION = 'any';
/** What clients are told, and send along with a policy; without a delay in the spec `restart-backoff.ts` decides. */
export const DOCKER_RESTART_DELAY_NANOS = 5 * NANOS_PER_SECOND;
export const DEFAULT_UPDATE_PARALLELISM = 1;
export const DEFAULT_UPDATE_MONITOR_NANOS = 5 * NANOS_PER_SECOND;
export const DEFAULT_FAILURE_ACTION = 'pause';
export const DEFAULT_UPDATE_ORDER = 'stop-first';
/** Tasks kept per slot, the present one included (SwarmKit manager.go defaultTaskHistoryRetentionLimit). */
export const DEFAULT_TASK_HISTORY_LIMIT = 5;
/** A node that has been down for this long is not expected back: its tasks are orphaned (SwarmKit dispatcher.go defaultNodeDownPeriod). */
export const ORPHANED_AFTER_MS = 24 * 60 * 60_000;
