import {
  DEFAULT_FAILURE_ACTION,
  DEFAULT_UPDATE_MONITOR_NANOS,
  DEFAULT_UPDATE_ORDER,
  DEFAULT_UPDATE_PARALLELISM,
  parseDuration,
} from '#common/domain';
import type { RestartPolicy, ServiceMode, UpdateConfig } from '#common/proto';
import type { ComposeService, RolloutConfig } from '../../compose/model';
import type { Place } from '../../compose/place';
import { ratio } from '../../flags/values/numbers';
import { oneOf } from '../../flags/values/text';

const conditions = oneOf('none', 'on-failure', 'any');
const actions = oneOf('pause', 'continue', 'rollback');
const modes = oneOf('replicated', 'global', 'replicated-job', 'global-job');
const NO_MODE: ServiceMode = { replicated: undefined, global: undefined, replicatedJob: undefined, globalJob: undefined };

/** `restart` in the words of a restart policy; the specification's words are those of single containers. */
const RESTARTS: Readonly<Record<string, string>> = {
  no: 'none',
  always: 'any',
  'unless-stopped': 'any',
  'on-failure': 'on-failure',
};

function durationAt(place: Place, text: string | undefined): number | undefined {
  return text === undefined ? undefined : place.read(text, parseDuration);
}

function restartOf(restart: string, place: Place): RestartPolicy {
  const [word = '', attempts] = restart.split(':');
  const condition = Object.hasOwn(RESTARTS, word) ? RESTARTS[word] : undefined;
  const isCount = attempts === undefined || (word === 'on-failure' && /^\d+$/.test(attempts));
  if (condition === undefined || !isCount) throw place.error(`is none of ${Object.keys(RESTARTS).join(', ')}, on-failure:3`);
  return { condition, delay: undefined, maxAttempts: Number(attempts ?? 0), window: undefined };
}

/** The specification's own default, which a service keeps when others wait until it completes. */
const ONCE = 'no';

/**
 * When ended tasks are replaced: `deploy.restart_policy`, else `restart`.
 * @param isAwaited whether another service waits until this one completes
 */
export function toRestartPolicy(
  { deploy, restart }: ComposeService,
  place: Place,
  isAwaited: boolean,
): RestartPolicy | undefined {
  const policy = deploy?.restart_policy;
  if (!policy) {
    const word = restart || (isAwaited && !isJob(deploy) ? ONCE : '');
    return word === '' ? undefined : restartOf(word, place.at('restart'));
  }
  const at = place.at('deploy', 'restart_policy');
  const { condition = '', delay, max_attempts: maxAttempts = 0, window } = policy;
  return {
    condition: condition === '' ? '' : at.at('condition').read(condition, (text) => conditions.parse(text)),
    delay: durationAt(at.at('delay'), delay),
    maxAttempts,
    window: durationAt(at.at('window'), window),
  };
}

const isJob = (deploy: ComposeService['deploy']): boolean => deploy?.mode?.endsWith('-job') === true;

/** How tasks are replaced by those of a new spec. */
export function toUpdateConfig(config: RolloutConfig | undefined, place: Place): UpdateConfig | undefined {
  if (!config) return undefined;
  const {
    parallelism,
    delay,
    failure_action: action = DEFAULT_FAILURE_ACTION,
    monitor,
    max_failure_ratio: share = '0',
    order,
  } = config;
  return {
    parallelism: parallelism ?? DEFAULT_UPDATE_PARALLELISM,
    delay: durationAt(place.at('delay'), delay) ?? 0,
    failureAction: place.at('failure_action').read(action, (text) => actions.parse(text)),
    monitor: durationAt(place.at('monitor'), monitor) ?? DEFAULT_UPDATE_MONITOR_NANOS,
    maxFailureRatio: place.at('max_failure_ratio').read(share, (text) => ratio.parse(text)),
    order: order ?? DEFAULT_UPDATE_ORDER,
  };
}

/** How many tasks there are. `deploy.replicas` comes before `scale`. */
export function toMode({ deploy, scale }: ComposeService, place: Place): ServiceMode {
  const given = deploy?.replicas ?? scale;
  const mode = place.at('deploy', 'mode').read(deploy?.mode ?? 'replicated', (text) => modes.parse(text));
  const isPerNode = mode === 'global' || mode === 'global-job';
  if (isPerNode && given !== undefined)
    throw place.at('deploy', 'replicas').error(`does not go with the mode ${mode}: each node gets one task`);
  const replicas = given ?? 1;
  switch (mode) {
    case 'global':
      return { ...NO_MODE, global: {} };
    case 'global-job':
      return { ...NO_MODE, globalJob: {} };
    case 'replicated-job':
      return { ...NO_MODE, replicatedJob: { maxConcurrent: replicas, totalCompletions: replicas } };
    case 'replicated':
      return { ...NO_MODE, replicated: { replicas } };
  }
}
