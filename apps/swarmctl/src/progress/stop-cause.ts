import { TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import type { ManagerApi } from '../manager-api';
import type { StopCause } from '../render/progress';
import type { Outcome } from './decide-wait';

const TASK_ID = /\btask ([0-9a-z]+)/;

/** A task that failed, in the words of `service ps`: its place, its node, its state and its error. */
function describeTask(task: Task, service: string, nodes: readonly Node[], message: string): string {
  const node = nodes.find(({ id }) => id === task.nodeId)?.description?.hostname || task.nodeId;
  const place = task.slot > 0 ? `${service}.${task.slot}` : service;
  const err = task.status?.err ?? '';
  const what = err === '' || message.includes(err) ? '' : `: ${err}`;
  return `${place}${node === '' ? '' : ` on ${node}`} ${task.status?.state ?? TaskState.new}${what}`;
}

/** A service that has gone back says so in its status; what it went back from, only in its history. */
async function messageOfStop(api: ManagerApi, { id, updateStatus }: Service, outcome: Outcome): Promise<string> {
  const message = updateStatus?.message ?? '';
  if (outcome !== 'rolled-back' || TASK_ID.test(message)) return message;
  const [newest] = await api.history(id);
  return newest?.message || message;
}

/** Finds out what stopped a roll-out. What cannot be found is left out, and no error matters: the outcome is known by now. */
export async function findStopCause(api: ManagerApi, service: Service, outcome: Outcome): Promise<StopCause> {
  let message = service.updateStatus?.message ?? '';
  try {
    message = await messageOfStop(api, service, outcome);
    const taskId = TASK_ID.exec(message)?.[1];
    if (taskId === undefined) return { message, task: '' };
    const [tasks, nodes] = await Promise.all([api.tasks({ id: [taskId] }), api.nodes()]);
    const task = tasks.map(({ object }) => object).find(({ id }) => id === taskId);
    const name = service.spec?.name ?? service.id;
    return {
      message,
      task: task
        ? describeTask(
            task,
            name,
            nodes.map(({ object }) => object),
            message,
          )
        : '',
    };
  } catch {
    return { message, task: '' };
  }
}
