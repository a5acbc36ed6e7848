import { TaskState } from '#common/domain';
import { Service, Task } from '#common/proto';
import { countTasks } from './count-tasks';

const task = (
  state: TaskState,
  desiredState: TaskState,
  rest: { iteration?: number; slot?: number; nodeId?: string } = {},
): Task => {
  const { iteration, ...place } = rest;
  const jobIteration = iteration === undefined ? undefined : { index: iteration };
  return Task.fromPartial({ status: { state }, desiredState, jobIteration, ...place });
};

describe('counting a service’s tasks', () => {
  it.each([
    {
      name: 'a replicated one wants its replicas',
      service: { spec: { mode: { replicated: { replicas: 3 } } } },
      tasks: [task(TaskState.running, TaskState.running), task(TaskState.failed, TaskState.shutdown)],
      counts: { running: 1, desired: 3, completed: 0 },
    },
    {
      name: 'a global one wants what there is to run',
      service: { spec: { mode: { global: {} } } },
      tasks: [task(TaskState.pending, TaskState.running), task(TaskState.running, TaskState.shutdown)],
      counts: { running: 1, desired: 1, completed: 0 },
    },
    {
      name: 'a job counts its present iteration only',
      service: {
        spec: { mode: { replicatedJob: { maxConcurrent: 2, totalCompletions: 5 } } },
        jobStatus: { jobIteration: { index: 1 } },
      },
      tasks: [
        task(TaskState.complete, TaskState.complete, { iteration: 0 }),
        task(TaskState.complete, TaskState.complete, { iteration: 1 }),
        task(TaskState.running, TaskState.complete, { iteration: 1 }),
      ],
      counts: { running: 1, desired: 2, completed: 1 },
    },
    {
      name: 'a job counts a slot once that completed twice',
      service: { spec: { mode: { replicatedJob: { maxConcurrent: 2, totalCompletions: 5 } } } },
      tasks: [0, 0, 1].map((slot) => task(TaskState.complete, TaskState.complete, { slot })),
      counts: { running: 0, desired: 2, completed: 2 },
    },
    {
      name: 'a global job counts each node',
      service: { spec: { mode: { globalJob: {} } } },
      tasks: ['a', 'b'].map((nodeId) => task(TaskState.complete, TaskState.complete, { nodeId })),
      counts: { running: 0, desired: 0, completed: 2 },
    },
    {
      name: 'a global job wants what has not completed',
      service: { spec: { mode: { globalJob: {} } } },
      tasks: [task(TaskState.complete, TaskState.complete), task(TaskState.running, TaskState.complete)],
      counts: { running: 1, desired: 1, completed: 1 },
    },
  ])('$name', ({ service, tasks, counts }) => {
    expect(countTasks(Service.fromPartial(service), tasks)).toEqual(counts);
  });
});
