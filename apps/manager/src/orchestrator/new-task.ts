import { iterationOf, TaskState } from '#common/domain';
import { Task, type Service } from '#common/proto';
import type { DecisionInputs } from './service-snapshot';
import type { Place } from './slots';

/** Where a task is to be, and how it comes to be there. */
export interface NewPlace extends Place {
  /** Those that were there before it. */
  tasks?: readonly Task[];
  /** Tasks of its version that have failed there in a row. */
  failures?: number;
  /** Why there is a new task, where that is not plain from the one before it. */
  reason?: string;
}

/**
 * A task of the service for one place, not yet assigned. It carries copies of all that it needs: the service may change under it.
 */
export function newTask(service: Service, place: NewPlace, desiredState: TaskState, inputs: DecisionInputs): Task {
  const id = inputs.newId();
  const timestamp = new Date(inputs.now).toISOString();
  const name = service.spec?.name ?? '';
  return {
    ...Task.fromPartial({}),
    id,
    createdAt: timestamp,
    updatedAt: timestamp,
    name: `${name}.${place.number || place.nodeId || 0}.${id}`,
    spec: service.spec?.taskTemplate,
    serviceId: service.id,
    slot: place.number,
    nodeId: place.nodeId,
    desiredState,
    status: {
      timestamp,
      state: TaskState.new,
      message: 'created',
      err: '',
      containerStatus: undefined,
      portStatus: undefined,
    },
    serviceName: name,
    serviceLabels: service.spec?.labels ?? {},
    endpointSpec: service.spec?.endpointSpec,
    jobIteration: service.jobStatus && { index: iterationOf(service.jobStatus) },
    serviceVersion: service.version?.index ?? 0,
    desiredReason: place.reason ?? '',
    failures: place.failures ?? 0,
    defaultLogDriver: inputs.cluster?.taskDefaults?.logDriver,
    generation: 1 + Math.max(0, ...(place.tasks ?? []).map(({ generation }) => generation)),
  };
}
