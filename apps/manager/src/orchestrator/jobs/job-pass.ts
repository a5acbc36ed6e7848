import { isActive, isOfIteration, mustLeave, TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import type { Change, Plan } from '../change';
import { newTask, type NewPlace } from '../new-task';
import { endedByItself, failuresInARow, isLost, mayRestart, parkedForMs, respawnInMs } from '../restart/decide-restart';
import type { DecisionInputs, ServiceSnapshot } from '../service-snapshot';
import { hasEnded, isUnassigned, type Place } from '../slots';
import { placementHolds } from '../task-dirty';
import { historyLimitOf } from '../reaper/decide-reaping';
import { decideJobReaping } from './decide-job-reaping';
import { isComplete, type JobSlot } from './job-slots';

/** How far a completion is: reached, on its way, without anybody at it, or tried as often as the restart policy allows. */
export type JobSlotState = 'completed' | 'active' | 'vacant' | 'given-up';

/** Collects the changes of one decision about a job. */
export class JobPass {
  private readonly changes: Change[] = [];
  private requeueAfterMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly service: Service,
    private readonly snapshot: ServiceSnapshot,
    private readonly inputs: DecisionInputs,
  ) {}

  /** Ends what still runs of earlier iterations, reaps history, and gives the plan. @param kept the slots that the job goes on with */
  finish(kept: readonly JobSlot[]): Plan {
    for (const task of kept.flatMap((slot) => slot.tasks)) {
      if (!isOfIteration(this.service, task) && !hasEnded(task)) this.setDesired(task, TaskState.remove, 'job started anew');
    }
    this.changes.push(
      ...decideJobReaping(this.snapshot.tasks, kept, {
        node: (id) => this.snapshot.node(id),
        historyLimit: historyLimitOf(this.inputs.cluster),
      }),
    );
    const { requeueAfterMs } = this;
    return { changes: this.changes, ...(Number.isFinite(requeueAfterMs) && { requeueAfterMs }) };
  }

  /** Forgets slots that the job does not have any more, their history included. */
  removeSlots(slots: readonly JobSlot[], reason: string): void {
    for (const task of slots.flatMap((slot) => slot.tasks)) this.setDesired(task, TaskState.remove, reason);
  }

  /** Stops the attempt that is on its way, and keeps it as history. */
  stopSlot(slot: JobSlot, reason: string): void {
    this.stopAllBut(undefined, slot, reason);
  }

  /** Goes for a completion: at once the first time, afterwards when what was there before has stopped. */
  start(place: Place, earlierAttempts: readonly Task[] = []): void {
    const [newest] = earlierAttempts;
    if (newest) this.create({ tasks: earlierAttempts, ...place, failures: failuresUpTo(newest) }, TaskState.ready);
    else this.create(place, TaskState.complete);
  }

  /** Sees to the attempt that the slot has: restarted when it has failed, moved off a node that it must leave, started in its turn. */
  tend(slot: JobSlot): JobSlotState {
    const { completed, current } = slot;
    if (completed) {
      this.stopAllBut(undefined, slot, 'its slot has completed');
      return 'completed';
    }
    this.stopAllBut(current, slot, 'its slot is filled');
    if (!current) return hasGivenUp(slot) ? 'given-up' : 'vacant';
    if (hasEnded(current)) return this.restart(slot, current);
    const whyLeaves = this.whyLeaves(current);
    if (whyLeaves) this.replace(slot, current, whyLeaves);
    else if (current.desiredState === TaskState.ready) this.unpark(slot, current);
    return 'active';
  }

  private restart(slot: JobSlot, ended: Task): JobSlotState {
    if (endedByItself(ended) && !mayRestart(ended, slot.attempts)) {
      this.setDesired(ended, TaskState.shutdown, 'restart policy does not restart it');
      return 'given-up';
    }
    const waitMs = respawnInMs(ended, this.inputs);
    if (waitMs > 0) this.lookAgainIn(waitMs);
    else this.replace(slot, ended, 'task ended');
    return 'active';
  }

  /** The next attempt is parked until those before it have stopped; after a failure, for the restart delay as well. */
  private replace(slot: JobSlot, old: Task, reason: string): void {
    this.setDesired(old, TaskState.shutdown, reason);
    const isOut = (task: Task): boolean => hasEnded(task) || isUnassigned(task) || isLost(this.nodeOf(task));
    const isNext = slot.attempts.every(isOut) && !hasEnded(old);
    this.create({ ...slot, failures: failuresUpTo(old) }, isNext ? TaskState.complete : TaskState.ready);
  }

  private unpark(slot: JobSlot, parked: Task): void {
    const predecessors = slot.attempts.filter((task) => task !== parked && !isActive(task));
    const waitMs = parkedForMs(parked, predecessors, {
      moment: this.inputs,
      isNodeLost: (task) => isLost(this.nodeOf(task)),
    });
    if (waitMs > 0) this.lookAgainIn(waitMs);
    else this.setDesired(parked, TaskState.complete, 'its turn has come');
  }

  /** Why an attempt may not go on where it is, if so. */
  private whyLeaves(task: Task): string | undefined {
    if (isUnassigned(task)) return undefined;
    const node = this.nodeOf(task);
    if (!node || mustLeave(node)) return 'node is not available';
    if (!placementHolds(this.service, node)) return 'node no longer satisfies the placement';
    return this.snapshot.isOverCapacity(task) ? 'node no longer has the resources that are reserved on it' : undefined;
  }

  private stopAllBut(kept: Task | undefined, slot: JobSlot, reason: string): void {
    for (const task of slot.attempts) {
      if (task !== kept && isActive(task) && !isComplete(task)) this.setDesired(task, TaskState.shutdown, reason);
    }
  }

  private create(place: NewPlace, desired: TaskState): void {
    this.changes.push({ kind: 'createTask', task: newTask(this.service, place, desired, this.inputs) });
  }

  private setDesired(task: Task, to: TaskState, reason: string): void {
    this.changes.push({ kind: 'setDesiredState', task, to, reason });
  }

  private nodeOf(task: Task): Node | undefined {
    return this.snapshot.node(task.nodeId);
  }

  private lookAgainIn(ms: number): void {
    this.requeueAfterMs = Math.min(this.requeueAfterMs, ms);
  }
}

/** Whether the last attempt failed, and the restart policy allows no other. */
function hasGivenUp({ attempts }: JobSlot): boolean {
  const [newest] = attempts;
  return newest !== undefined && endedByItself(newest) && !mayRestart(newest, attempts);
}

/** How many attempts have failed in a row, up to this one. */
function failuresUpTo(ended: Task): number {
  return endedByItself(ended) ? failuresInARow(ended) : 0;
}
