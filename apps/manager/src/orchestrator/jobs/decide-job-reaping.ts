import { isActive } from '#common/domain';
import type { Task } from '#common/proto';
import type { Change } from '../change';
import { beyondHistory, decideReaping, type ReapingInputs } from '../reaper/decide-reaping';
import { hasEnded, isUnassigned } from '../slots';
import type { JobSlot } from './job-slots';

/**
 * Tasks of a job that nobody needs any more: removed ones that have stopped, and the oldest of a slot's ended tasks beyond the
 * history limit, whatever their iteration. What tells that a slot has completed in the present iteration is never among them: the
 * job would run again.
 */
export function decideJobReaping(tasks: readonly Task[], slots: readonly JobSlot[], inputs: ReapingInputs): Change[] {
  const { node, historyLimit } = inputs;
  const isOver = (task: Task): boolean =>
    hasEnded(task) || (!isActive(task) && (isUnassigned(task) || node(task.nodeId) === undefined));
  const old = slots.flatMap((slot) => {
    const past = slot.tasks.filter((task) => task !== slot.current && isOver(task));
    const history = past.filter((task) => !isUnassigned(task));
    return [
      ...past.filter(isUnassigned),
      ...beyondHistory(slot, history, historyLimit).filter((task) => task !== slot.completed),
    ];
  });
  const forgotten = old.map((task): Change => ({ kind: 'deleteTask', taskId: task.id }));
  return [...decideReaping(tasks, [], inputs), ...forgotten];
}
