import { messageOf } from '#common/errors';
import { ServiceSpec, type Driver } from '#common/proto';
import { mapTemplates, requireValidTemplate, taskTypes } from '#common/template';
import type { ComposeModel, ComposeService } from '../../compose/model';
import { serviceName } from '../../flags/values/text';
import { IMAGE_LABEL, NAMESPACE_LABEL, scopedName } from '../names';
import { toContainer } from './container';
import type { ConvertContext, ServicePlace } from './context';
import { plainValues } from './name-values';
import { toEndpoint, toNetworks } from './networks';
import { toMode, toRestartPolicy, toUpdateConfig } from './policies';
import { toPlacement, toResources } from './resources';

// What the manager writes into a spec that leaves it open: a spec that says so as well stays the same.
const RUNTIME = 'container';

function toLogDriver({ logging }: ComposeService): Driver | undefined {
  return logging?.driver === undefined ? undefined : { name: logging.driver, options: plainValues(logging.options) };
}

/** Whether another service waits until this one completes. */
function isAwaited(name: string, { services }: ComposeModel): boolean {
  return Object.values(services).some(
    ({ depends_on: dependencies }) => dependencies?.[name]?.condition === 'service_completed_successfully',
  );
}

/** Nobody can wait until something completes that is started again whenever it ends. */
function requireEnd({ taskTemplate, mode }: ServiceSpec, { name, place }: ServicePlace, model: ComposeModel): void {
  const isReplaced = !mode?.replicatedJob && !mode?.globalJob && (taskTemplate?.restartPolicy?.condition || 'any') === 'any';
  if (isReplaced && isAwaited(name, model)) {
    throw place.error(
      'never completes, and another service waits for that: give it restart: "no", or deploy.mode: replicated-job',
    );
  }
}

/** Templates are filled in on the node; what is wrong with them can be said here. */
function requireValidTemplates(spec: ServiceSpec, { place }: ServicePlace): void {
  const container = spec.taskTemplate?.containerSpec;
  if (!container) return;
  const types = taskTypes(spec.labels);
  mapTemplates(container, (field, text) => {
    try {
      requireValidTemplate(field, text, types);
    } catch (error) {
      throw place.error(messageOf(error));
    }
    return text;
  });
}

/**
 * The spec that a service of a compose file asks for, its image not yet pinned to a digest.
 * @throws DomainError INVALID_ARGUMENT naming the file, the line and the key
 */
export function toServiceSpec(at: ServicePlace, service: ComposeService, context: ConvertContext): ServiceSpec {
  const { name, place } = at;
  const { deploy, image } = service;
  if (image === undefined) throw place.error('needs the key image: a stack runs images, and builds none');
  const spec = ServiceSpec.fromPartial({
    name: place.read(scopedName(context.stack, name), (text) => serviceName.parse(text)),
    labels: { ...plainValues(deploy?.labels), [NAMESPACE_LABEL]: context.stack, [IMAGE_LABEL]: image },
    taskTemplate: {
      containerSpec: toContainer(service, at, context),
      resources: toResources(service, place),
      restartPolicy: toRestartPolicy(service, place, isAwaited(name, context.model)),
      placement: toPlacement(service, place),
      networks: toNetworks(service, at, context),
      logDriver: toLogDriver(service),
      forceUpdate: 0,
      runtime: RUNTIME,
    },
    mode: toMode(service, place),
    updateConfig: toUpdateConfig(deploy?.update_config, place.at('deploy', 'update_config')),
    rollbackConfig: toUpdateConfig(deploy?.rollback_config, place.at('deploy', 'rollback_config')),
    endpointSpec: toEndpoint(service, place),
  });
  requireValidTemplates(spec, at);
  requireEnd(spec, at, context.model);
  return spec;
}
