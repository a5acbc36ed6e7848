import { Task, type EndpointSpec, type Node, type Service, type TaskSpec } from '#common/proto';
import { preparePipeline } from '../scheduler/pipeline';
import { toNodeInfo } from '../scheduler/node-info';
import { fingerprint } from './spec-fingerprint';

/**
 * Whether a task no longer is what its service asks for. A changed placement alone does not make a task dirty while its node
 * satisfies the new one.
 */
export function isTaskDirty(service: Service, task: Task, node: Node | undefined): boolean {
  if (task.serviceVersion === service.version?.index) return false;
  const wanted = service.spec?.taskTemplate;
  if (portsOf(task.endpointSpec) !== portsOf(service.spec?.endpointSpec)) return true;
  if (fingerprint(task.spec) === fingerprint(wanted)) return false;
  if (!node || fingerprint(withoutPlacement(task.spec)) !== fingerprint(withoutPlacement(wanted))) return true;
  return !placementHolds(service, node);
}

function portsOf(spec: EndpointSpec | undefined): string {
  return (spec?.ports ?? [])
    .map((port) => fingerprint(port))
    .sort()
    .join();
}

const bare = new WeakMap<TaskSpec, TaskSpec>();

function withoutPlacement(spec: TaskSpec | undefined): TaskSpec | undefined {
  if (!spec) return undefined;
  const known = bare.get(spec) ?? { ...spec, placement: undefined };
  bare.set(spec, known);
  return known;
}

/** Whether the service's constraints and platforms allow the node, whatever else is on it. */
export function placementHolds(service: Service, node: Node): boolean {
  const placement = service.spec?.taskTemplate?.placement;
  const probe = Task.fromPartial({
    spec: { placement: { constraints: placement?.constraints, platforms: placement?.platforms } },
  });
  const refusal = preparePipeline(probe).refusedBy(toNodeInfo(node, []));
  return refusal === undefined || refusal.name === 'ready';
}
