import {
  DEFAULT_PROGRESS_DEADLINE_MS,
  DEFAULT_RESTART_CONDITION,
  DEFAULT_UPDATE_MONITOR_NANOS,
  NANOS_PER_MS,
  SERVICE_OPTIONS,
} from '#common/domain';
import type { ServiceSpec, UpdateConfig } from '#common/proto';
import { DEFAULT_UPDATE_CONFIG } from '../flags/spec/policies';
import { renderDuration } from './durations';
import { said, type Detail } from './table';

/** What holds where the spec is silent is shown as well; only a job, which is not rolled out, shows nothing. */
function describeConfig(config: UpdateConfig = DEFAULT_UPDATE_CONFIG): Detail[] {
  return [
    ...said('Parallelism', config.parallelism === 0 ? 'all at once' : config.parallelism),
    ...said('Delay', renderDuration(config.delay)),
    ...said('On failure', config.failureAction),
    // Zero counts as unset.
    ...said('Monitoring', renderDuration(config.monitor || DEFAULT_UPDATE_MONITOR_NANOS)),
    ...said('Failures accepted', config.maxFailureRatio),
    ...said('Order', config.order),
  ];
}

function isJob({ mode }: ServiceSpec): boolean {
  return mode?.replicatedJob !== undefined || mode?.globalJob !== undefined;
}

/** How a service is updated. */
export function describeUpdate(spec: ServiceSpec): Detail[] {
  if (isJob(spec)) return [];
  const deadline = spec.labels[SERVICE_OPTIONS.progressDeadline] ?? renderDuration(DEFAULT_PROGRESS_DEADLINE_MS * NANOS_PER_MS);
  return [...describeConfig(spec.updateConfig), ...said('Progress deadline', deadline)];
}

/** How a service goes back. */
export function describeRollback(spec: ServiceSpec): Detail[] {
  return isJob(spec) ? [] : describeConfig(spec.rollbackConfig);
}

/** When tasks that ended are replaced. */
export function describeRestart(spec: ServiceSpec): Detail[] {
  const policy = spec.taskTemplate?.restartPolicy;
  if (!policy && isJob(spec)) return [];
  return [
    ...said('Condition', policy?.condition || DEFAULT_RESTART_CONDITION),
    ...said('Delay', policy?.delay === undefined ? '1s, growing to 5m' : renderDuration(policy.delay)),
    ...said('Attempts', policy?.maxAttempts || undefined),
    ...said('Window', policy?.window ? renderDuration(policy.window) : undefined),
  ];
}
