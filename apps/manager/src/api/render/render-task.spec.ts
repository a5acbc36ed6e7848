import { Task } from '#common/proto';
import stockTasks from '../testing/recorded/stock-tasks.json';
import { renderTask } from './render-task';

describe('rendering a task', () => {
  it.each((stockTasks as unknown as { Status: { State: string } }[]).map((task) => ({ state: task.Status.State, task })))(
    'is field by field as from a stock Docker Swarm ($state)',
    ({ task }) => {
      expect(JSON.parse(renderTask(Task.fromJSON(task)))).toEqual(task);
    },
  );

  it('leaves out what is ours alone', () => {
    const task = Task.fromPartial({
      id: 'task',
      name: 'web.1.task',
      serviceName: 'web',
      serviceLabels: { a: 'b' },
      endpointSpec: { mode: 'vip' },
      serviceVersion: 4,
      desiredReason: 'scaled down',
      desiredState: 'running' as Task['desiredState'],
    });
    expect(Object.keys(JSON.parse(renderTask(task))).sort()).toEqual([
      'CreatedAt',
      'DesiredState',
      'ID',
      'Labels',
      'Spec',
      'Status',
      'UpdatedAt',
      'Version',
    ]);
  });

  it('shows a task that nobody has reported on as new', () => {
    expect(JSON.parse(renderTask(Task.fromPartial({ id: 'task' }))).Status).toEqual({
      Timestamp: '0001-01-01T00:00:00Z',
      State: 'new',
      PortStatus: {},
    });
  });
});
