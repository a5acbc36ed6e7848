import { TaskState } from '#common/domain';
import type { GenericResource, Service, Task } from '#common/proto';
import { aNode, aService, aTask, NOW, type NodeOptions, type ServiceOptions } from '../../testing/builders';
import { toNodeInfo, type NodeInfo } from '../node-info';
import { NodeSet } from '../node-set';
import { schedule, type Schedule } from '../schedule';

/** A service called `name` with the id `<name>-id`. */
export function serviceOf(name: string, taskTemplate: NonNullable<ServiceOptions['spec']>['taskTemplate'] = {}): Service {
  return { ...aService({ spec: { name, taskTemplate } }), id: `${name}-id` };
}

/** Tasks of a service that wait for a node. */
export function waiting(service: Service, count = 1): Task[] {
  return Array.from({ length: count }, (_, i) =>
    aTask({ id: `${service.spec?.name}.${i + 1}`, slot: i + 1, nodeId: '', state: TaskState.new, service }),
  );
}

export function anInfo(id: string, options: NodeOptions = {}, tasks: Task[] = []): NodeInfo {
  return toNodeInfo(aNode(id, options), tasks);
}

/** What one call decides on nodes that look like this. */
export function placing(tasks: Task[], infos: readonly NodeInfo[], now = NOW): Schedule {
  return schedule(tasks, { nodes: new NodeSet(infos), now });
}

export function named(kind: string, ...values: string[]): GenericResource[] {
  return values.map((value) => ({ namedResourceSpec: { kind, value }, discreteResourceSpec: undefined }));
}

export function discrete(kind: string, value: number): GenericResource {
  return { namedResourceSpec: undefined, discreteResourceSpec: { kind, value } };
}
