import { TaskState } from '#common/domain';
import { newId } from '#common/identity';
import { EndpointSpec, Task, TaskSpec } from '#common/proto';

/** What a test says of a task; the rest is a plain one that was just assigned and should run. */
export interface TaskTraits {
  readonly id?: string;
  readonly desired?: TaskState;
  /** Newest state that the manager knows. */
  readonly known?: TaskState;
  readonly slot?: number;
  readonly nodeId?: string;
  /** In the form of Docker's API. */
  readonly container?: object;
  readonly spec?: object;
  readonly ports?: readonly object[];
}

export const NODE_ID = 'node0node0node0node0node00';
export const CLUSTER_ID = 'cluster0cluster0cluster00';

export function aTask(traits: TaskTraits = {}): Task {
  const { id = newId(), desired = TaskState.running, known = TaskState.assigned, slot = 1, nodeId = NODE_ID } = traits;
  return {
    ...Task.fromJSON({ ID: id, ServiceID: 'service0service0service00', Slot: slot, NodeID: nodeId }),
    spec: TaskSpec.fromJSON({ ContainerSpec: { Image: 'busybox:latest', ...traits.container }, ...traits.spec }),
    serviceName: 'web',
    desiredState: desired,
    status: {
      timestamp: '2026-01-01T00:00:00.000000000Z',
      state: known,
      message: known,
      err: '',
      containerStatus: undefined,
      portStatus: undefined,
    },
    endpointSpec: traits.ports && EndpointSpec.fromJSON({ Ports: traits.ports }),
  };
}
