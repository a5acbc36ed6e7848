import { TaskState } from '#common/domain';
import type { Task, TaskStatus } from '#common/proto';
import type { Change } from './change';

/** Changes of tasks; the others concern the service itself. */
export type TaskChange = Extract<
  Change,
  { kind: 'createTask' | 'setDesiredState' | 'attachTask' | 'assignTask' | 'holdTask' | 'deleteTask' }
>;

const KINDS: ReadonlySet<Change['kind']> = new Set<TaskChange['kind']>([
  'createTask',
  'setDesiredState',
  'attachTask',
  'assignTask',
  'holdTask',
  'deleteTask',
]);

export function isTaskChange(change: Change): change is TaskChange {
  return KINDS.has(change.kind);
}

/** The tasks that the changes touch as they are afterwards, by id; undefined for those that are deleted. */
export function changedTasks(changes: readonly TaskChange[], now: number): Map<string, Task | undefined> {
  const tasks = new Map<string, Task | undefined>();
  const timestamp = new Date(now).toISOString();
  const amend = (task: Task, patch: Partial<Task>): void => {
    const base = tasks.has(task.id) ? tasks.get(task.id) : task;
    if (base) tasks.set(task.id, { ...base, ...patch, updatedAt: timestamp });
  };
  for (const change of changes) {
    switch (change.kind) {
      case 'createTask':
        tasks.set(change.task.id, change.task);
        break;
      case 'setDesiredState':
        amend(change.task, { desiredState: change.to, desiredReason: change.reason });
        break;
      case 'assignTask':
        amend(change.task, {
          nodeId: change.nodeId,
          genericResources: change.genericResources,
          status: assignedStatus(timestamp),
        });
        break;
      case 'attachTask':
        amend(change.task, { networksAttachments: change.attachments });
        break;
      case 'holdTask':
        amend(change.task, { status: pendingStatus(timestamp, change.reason) });
        break;
      case 'deleteTask':
        tasks.set(change.taskId, undefined);
    }
  }
  return tasks;
}

const NO_STATUS: TaskStatus = { timestamp: '', message: '', err: '', containerStatus: undefined, portStatus: undefined };

function assignedStatus(timestamp: string): TaskStatus {
  return { ...NO_STATUS, timestamp, state: TaskState.assigned, message: 'scheduler assigned task to node' };
}

function pendingStatus(timestamp: string, reason: string): TaskStatus {
  return { ...NO_STATUS, timestamp, state: TaskState.pending, message: 'pending task scheduling', err: reason };
}
