import { availabilityOf, isActive, NodeAvailability, TaskState } from '#common/domain';
import type { Service, Task } from '#common/proto';
import type { Change, Plan } from './change';
import { newTask, type NewPlace } from './new-task';
import { saysPlaceIsTaken } from '../scheduler/explain';
import { decideReaping, historyLimitOf } from './reaper/decide-reaping';
import { decideRebalance } from './rebalance/decide-rebalance';
import { endedByItself, failuresInARow, isLost, mayRestart, parkedForMs, respawnInMs } from './restart/decide-restart';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';
import { hasEnded, isRunning, isUnassigned, type Slot } from './slots';
import { allowsNode, isTaskDirty } from './task-dirty';
import { decideUpdateStatus, decisiveFailure, isPaused, isUpdating, type UpdateDecision } from './update/decide-update-status';
import { updatePolicyOf, type UpdatePolicy } from './update/update-policy';
import { measureProgress, type UpdateProgress } from './update/update-progress';

/** Collects the changes of one decision. Each slot is changed at most once per pass. */
export class SlotPass {
  private readonly changes: Change[] = [];
  private readonly touched = new Set<Slot>();
  private readonly policy: UpdatePolicy;
  private requeueAfterMs = Number.POSITIVE_INFINITY;
  /** What people should know of the update. */
  private note = '';

  constructor(
    private readonly service: Service,
    private readonly snapshot: ServiceSnapshot,
    private readonly inputs: DecisionInputs,
  ) {
    this.policy = updatePolicyOf(service);
  }

  /** Records how far the update is, reaps history, and gives the plan. @param kept the slots that the service goes on with */
  finish(kept: Slot[]): Plan {
    const update = this.decideUpdate(kept);
    // Another spec makes all else that was decided void.
    if (update.kind === 'rollBack') {
      return { changes: [{ ...update, service: this.service, credentials: this.snapshot.credentials }] };
    }
    if (update.kind === 'status') {
      this.changes.push({ kind: 'setUpdateStatus', serviceId: this.service.id, status: update.status });
    }
    this.changes.push(
      ...decideReaping(this.snapshot.tasks, kept, {
        node: (id) => this.snapshot.node(id),
        historyLimit: historyLimitOf(this.inputs.cluster),
      }),
    );
    const { requeueAfterMs } = this;
    return { changes: this.changes, ...(Number.isFinite(requeueAfterMs) && { requeueAfterMs }) };
  }

  removeSlots(slots: Slot[]): void {
    for (const task of slots.flatMap((slot) => slot.tasks)) this.setDesired(task, TaskState.remove, 'scaled down');
  }

  /** Stops what is active in the slot, and keeps it as history. */
  stopSlot(slot: Slot, reason: string): void {
    for (const task of slot.tasks) if (isActive(task)) this.setDesired(task, TaskState.shutdown, reason);
  }

  create(place: NewPlace, desired: TaskState): void {
    this.changes.push({ kind: 'createTask', task: newTask(this.service, place, desired, this.inputs) });
  }

  /** Sees to it that the slot is filled by a task that runs or is on its way. */
  keepAlive(slot: Slot): void {
    this.preferSoundTask(slot);
    const { current } = slot;
    for (const task of slot.tasks) {
      if (!isActive(task) || task === current || this.standsIn(task, slot)) continue;
      this.setDesired(task, TaskState.shutdown, this.whyStopped(slot));
    }
    if (!current) this.refill(slot);
    else if (hasEnded(current)) this.restart(slot, current);
    else if (!isUnassigned(current) && isLost(this.nodeOf(current))) this.replace(slot, current, 'node is not available');
    else if (current.desiredState === TaskState.ready) this.unpark(slot, current);
  }

  /**
   * Replaces tasks that have to leave their node and outdated ones: those that do not run at once, running ones as the parallelism
   * allows. Where a move finds no room it does not hold up the others, since their nodes are to be left all the same.
   */
  replaceInTurn(slots: Slot[]): void {
    const untouched = slots.filter((slot) => slot.current && !this.touched.has(slot));
    const leaving = untouched.filter((slot) => this.whyLeaves(slot) !== undefined);
    const candidates = untouched.filter((slot) => this.isOutdated(slot) && !leaving.includes(slot));
    if (leaving.length + candidates.length === 0) return;

    const progress = this.progressOf(slots);
    const outdated = this.isStopped(progress) ? [] : candidates;
    for (const slot of leaving.filter((slot) => !isUp(slot))) this.move(slot);
    for (const slot of outdated.filter((slot) => !isUp(slot))) this.update(slot);
    const busy = this.busySlots(progress);
    const free = this.policy.parallelism - progress.cooling;
    const blocked = progress.starting.filter((slot) => !this.touched.has(slot) && waitsForRoom(slot)).length;
    for (const slot of inOrder(leaving.filter(isUp)).slice(0, Math.max(0, free - busy.size + blocked))) {
      this.move(slot);
      busy.add(slot);
    }
    // Where nothing has ever run, nothing was taken down: such a slot may even wait for the room that the update makes.
    const taken = [...busy].filter((slot) => !slot.tasks.every(isUnassigned)).length;
    for (const slot of inOrder(outdated.filter(isUp)).slice(0, Math.max(0, free - taken))) this.update(slot);
  }

  /** Spreads running tasks more evenly, start-first, when that is wanted and nothing else is going on. */
  rebalance(slots: Slot[]): void {
    const isQuiet = !isUpdating(this.service) && this.changes.length === 0;
    const isSettled = isQuiet && slots.every((slot) => isUp(slot) && !this.isDirtySlot(slot));
    const { service, snapshot, policy, inputs } = this;
    const { moving, changes, lookAgainMs } = decideRebalance(slots, {
      service,
      snapshot,
      policy,
      now: inputs.now,
      watchedSince: inputs.watchedSince,
      isSettled,
    });
    for (const slot of moving) {
      this.touched.add(slot);
      this.create({ ...slot, reason: 'tasks are spread more evenly' }, TaskState.running);
    }
    this.changes.push(...changes);
    this.lookAgainIn(lookAgainMs);
  }

  /** Whether nothing outdated is replaced any more, since too much of it has failed. What fails when the update is over is no part of it. */
  private isStopped(progress: UpdateProgress): boolean {
    const { updateStatus } = this.service;
    if (isPaused(this.service)) return true;
    if (updateStatus && !isUpdating(this.service)) return false;
    return decisiveFailure(this.policy, progress, updateStatus?.slots ?? progress.outdated) !== undefined;
  }

  private decideUpdate(slots: Slot[]): UpdateDecision {
    // Most passes are about no update, and measuring one is a good part of a pass.
    const mayBegin = this.policy.isRollback || slots.some((slot) => this.isOutdated(slot));
    if (!isUpdating(this.service) && !mayBegin) return { kind: 'none' };
    const progress = this.progressOf(slots);
    if (isUpdating(this.service)) this.lookAgainIn(progress.lookAgainMs);
    const starting = [...this.busySlots(progress)];
    const context = { now: this.inputs.now, note: this.note };
    return decideUpdateStatus(this.service, this.policy, { ...progress, starting }, context);
  }

  private progressOf(slots: readonly Slot[]): UpdateProgress {
    return measureProgress(this.service, slots, {
      policy: this.policy,
      moment: this.inputs,
      watchedSince: this.inputs.watchedSince,
      isDirty: (task) => this.isDirty(task),
      isOutdated: (slot) => this.isOutdated(slot),
    });
  }

  /** Slots with a task on its way, other than those that try again what has failed: the update does not wait for these. */
  private busySlots({ starting, failures }: UpdateProgress): Set<Slot> {
    const failed = new Set(failures.map(({ slot }) => slot));
    return new Set([...starting, ...[...this.touched].filter((slot) => !failed.has(slot))]);
  }

  private refill(slot: Slot): void {
    const [newest] = slot.tasks;
    const hasFailed = newest !== undefined && !this.isDirty(newest) && endedByItself(newest);
    if (hasFailed && !mayRestart(newest, slot.tasks)) return;
    this.touched.add(slot);
    const desired = !hasFailed && slot.tasks.every((task) => this.isOut(task)) ? TaskState.running : TaskState.ready;
    this.create({ ...slot, failures: hasFailed ? failuresInARow(newest) : 0 }, desired);
  }

  private restart(slot: Slot, ended: Task): void {
    if (this.isDirty(ended)) return this.replace(slot, ended, 'service updated');
    if (!mayRestart(ended, slot.tasks)) {
      return this.setDesired(ended, TaskState.shutdown, 'restart policy does not restart it');
    }
    const waitMs = respawnInMs(ended, this.inputs);
    if (waitMs > 0) return this.lookAgainIn(waitMs);
    this.replace(slot, ended, 'task ended');
  }

  private unpark(slot: Slot, parked: Task): void {
    const predecessors = slot.tasks.filter((task) => task !== parked && !isActive(task));
    const waitMs = parkedForMs(parked, predecessors, {
      moment: this.inputs,
      isNodeLost: (task) => isLost(this.snapshot.node(task.nodeId)),
    });
    if (waitMs > 0) this.lookAgainIn(waitMs);
    else this.setDesired(parked, TaskState.running, 'its turn has come');
  }

  private move(slot: Slot): void {
    if (slot.current) this.replace(slot, slot.current, this.whyLeaves(slot) ?? '');
  }

  private update(slot: Slot): void {
    if (slot.current) this.replace(slot, slot.current, 'service updated');
  }

  /**
   * Stop-first: the new task is prepared, and parked until every task before it that is to stop has done so. Start-first: it starts,
   * and the old one goes on until it runs. One that restarts after a failure is parked for its delay.
   */
  private replace(slot: Slot, old: Task, reason: string): void {
    this.touched.add(slot);
    if (this.startsFirst(slot) && isRunning(old) && !isLost(this.nodeOf(old))) return this.create(slot, TaskState.running);
    this.setDesired(old, TaskState.shutdown, reason);
    const goesOn = (task: Task): boolean => task !== old && isActive(task) && this.standsIn(task, slot);
    const isOut = (task: Task): boolean => this.isOut(task) || goesOn(task);
    const isRestart = hasEnded(old) && !this.isDirty(old);
    const failures = isRestart && endedByItself(old) ? failuresInARow(old) : 0;
    this.create({ ...slot, failures }, slot.tasks.every(isOut) && !isRestart ? TaskState.running : TaskState.ready);
  }

  /** Whether nobody has to wait for the task's end. */
  private isOut(task: Task): boolean {
    return hasEnded(task) || isUnassigned(task) || isLost(this.nodeOf(task));
  }

  /** A node that is too full for what is on it cannot take another task beside the one that has to leave. */
  private startsFirst(slot: Slot): boolean {
    const isStuck = slot.nodeId !== '' && slot.current !== undefined && this.snapshot.isOverCapacity(slot.current);
    return this.policy.startsFirst && !isStuck;
  }

  /** After a rollback the old task may still run beside the one that was to follow it: it is the one that is wanted now. */
  private preferSoundTask(slot: Slot): void {
    const { current } = slot;
    if (!current || !this.isDirty(current)) return;
    slot.current = slot.tasks.find((task) => isActive(task) && isRunning(task) && !this.isDirty(task)) ?? current;
  }

  /** Whether the task is to go on because the one that is to follow it does not run yet. */
  private standsIn(task: Task, { current }: Slot): boolean {
    return isRunning(task) && current !== undefined && !isRunning(current) && !this.mustGiveWay(current);
  }

  /**
   * Two tasks of a slot may not be able to stand side by side: they fight for a host port, or for the last place that the limit of
   * replicas per node leaves. When no node takes the new one for that reason, the old one has to stop first.
   */
  private mustGiveWay(successor: Task): boolean {
    return isHeld(successor) && saysPlaceIsTaken(successor.status?.err ?? '');
  }

  private whyStopped(slot: Slot): string {
    const { current } = slot;
    if (!current || !this.mustGiveWay(current)) return 'its slot is filled';
    const place = slot.number > 0 ? `slot ${slot.number}` : 'a node';
    this.note = `${place} stops first although start-first is asked for: ${current.status?.err ?? ''}`;
    return `stops first, since its successor finds no place beside it: ${current.status?.err ?? ''}`;
  }

  /** Why the slot's task may not stay where it is, if so. */
  private whyLeaves({ current }: Slot): string | undefined {
    if (!current || isUnassigned(current) || hasEnded(current)) return undefined;
    const node = this.nodeOf(current);
    if (!node || isLost(node)) return undefined;
    if (availabilityOf(node) === NodeAvailability.drain) return 'node is drained';
    const spec = this.isDirty(current) ? current.spec : this.service.spec?.taskTemplate;
    // What is on a paused node stays as it is.
    const nodeIsPaused = availabilityOf(node) === NodeAvailability.pause;
    if (!nodeIsPaused && !allowsNode(spec, node)) return 'node no longer satisfies the placement';
    return this.snapshot.isOverCapacity(current) ? 'node no longer has the resources that are reserved on it' : undefined;
  }

  private isOutdated(slot: Slot): boolean {
    return this.isDirtySlot(slot) && !this.hasGivenUp(slot);
  }

  private isDirtySlot({ current }: Slot): boolean {
    return current !== undefined && this.isDirty(current);
  }

  /** Whether this version has been tried in the slot, and its restart policy does not try it again. */
  private hasGivenUp(slot: Slot): boolean {
    return slot.tasks.some((task) => !this.isDirty(task) && endedByItself(task) && !mayRestart(task, slot.tasks));
  }

  private setDesired(task: Task, to: TaskState, reason: string): void {
    this.changes.push({ kind: 'setDesiredState', task, to, reason });
  }

  private isDirty(task: Task): boolean {
    return isTaskDirty(this.service, task, this.nodeOf(task));
  }

  private nodeOf(task: Task): ReturnType<ServiceSnapshot['node']> {
    return this.snapshot.node(task.nodeId);
  }

  private lookAgainIn(ms: number): void {
    this.requeueAfterMs = Math.min(this.requeueAfterMs, ms);
  }
}

function isUp({ current }: Slot): boolean {
  return current !== undefined && isRunning(current);
}

/** Whether the scheduler has said that no node takes the task. */
function isHeld(task: Task): boolean {
  return isUnassigned(task) && Boolean(task.status?.err);
}

function waitsForRoom({ current }: Slot): boolean {
  return current !== undefined && isHeld(current);
}

function inOrder(slots: Slot[]): Slot[] {
  return slots.sort((a, b) => a.number - b.number);
}
