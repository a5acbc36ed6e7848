import { isOfIteration } from '#common/domain';
import type { EndpointSpec, Node, Service, Task, TaskSpec } from '#common/proto';
import { attributesAllow } from '../scheduler/pipeline';
import { fingerprint } from './spec-fingerprint';

/**
 * Whether a task no longer is what its service asks for. A changed placement alone does not make a task dirty while its node
 * satisfies the new one. Of a job, what belongs to an earlier iteration is outdated.
 */
export function isTaskDirty(service: Service, task: Task, node: Node | undefined): boolean {
  if (task.serviceVersion === service.version?.index) return false;
  if (!isOfIteration(service, task)) return true;
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

/**
 * Whether the service's constraints and platforms allow the node itself, whatever else is on it. Affinities are looked at only when
 * a task is placed.
 */
export function placementHolds(service: Service, node: Node): boolean {
  return allowsNode(service.spec?.taskTemplate, node);
}

/** Answers by spec and node: both are immutable, and every task of every pass asks. */
const answers = new WeakMap<TaskSpec, WeakMap<Node, boolean>>();

/** Whether the spec's constraints and platforms allow the node, whatever else is on it. */
export function allowsNode(spec: TaskSpec | undefined, node: Node): boolean {
  const { constraints = [], platforms = [] } = spec?.placement ?? {};
  if (!spec || (constraints.length === 0 && platforms.length === 0)) return true;
  const known = answers.get(spec) ?? new WeakMap<Node, boolean>();
  answers.set(spec, known);
  const answer = known.get(node) ?? attributesAllow(spec.placement, node);
  known.set(node, answer);
  return answer;
}
