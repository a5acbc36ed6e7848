import { TaskState } from '#common/domain';
import { Task, type Service } from '#common/proto';
import type { DecisionInputs } from './service-snapshot';

/** A task of the service for one slot, not yet placed. It carries copies of all that it needs: the service may change under it. */
export function newTask(service: Service, slot: number, desiredState: TaskState, inputs: DecisionInputs): Task {
  const id = inputs.newId();
  const timestamp = new Date(inputs.now).toISOString();
  const name = service.spec?.name ?? '';
  return {
    ...Task.fromPartial({}),
    id,
    createdAt: timestamp,
    updatedAt: timestamp,
    name: `${name}.${slot}.${id}`,
    spec: service.spec?.taskTemplate,
    serviceId: service.id,
    slot,
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
    serviceVersion: service.version?.index ?? 0,
  };
}
