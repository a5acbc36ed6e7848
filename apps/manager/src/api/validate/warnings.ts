import type { Mount, ServiceSpec } from '#common/proto';
import { isJob } from '../service-mode';
import { contradictoryCapabilities } from './capabilities';
import { unknownServiceOptions } from './service-options';

/** Parts of a spec that Docker takes and never acts on, since another part says otherwise: worth a word to who sends them. */
export function warningsFor(spec: ServiceSpec): string[] {
  const { taskTemplate, mode, rollbackConfig } = spec;
  const container = taskTemplate?.containerSpec;
  const isGlobal = mode?.global !== undefined || mode?.globalJob !== undefined;
  return [
    ...(isGlobal && taskTemplate?.placement?.maxReplicas ? ['Placement.MaxReplicas has no effect: each node gets one task'] : []),
    ...(isJob(mode) && rollbackConfig ? ['RollbackConfig has no effect: a job is not updated step by step'] : []),
    ...(rollbackConfig?.failureAction === 'rollback'
      ? ['RollbackConfig.FailureAction rollback works as pause: a rollback is not rolled back']
      : []),
    ...(container ? contradictoryCapabilities(container) : []).map(
      (name) => `capability ${name} is both added and dropped: containers get it`,
    ),
    ...(container?.mounts ?? [])
      .filter(hasUselessTmpfsOptions)
      .map(({ target, type }) => `TmpfsOptions of mount ${target} have no effect: it is of type ${type || 'bind'}`),
    ...unknownServiceOptions(spec).map((label) => `label ${label} has no effect: there is no such option of swarmctl`),
  ];
}

function hasUselessTmpfsOptions({ type, tmpfsOptions }: Mount): boolean {
  return type !== 'tmpfs' && tmpfsOptions !== undefined;
}
