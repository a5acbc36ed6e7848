import { DEFAULT_UPDATE_PARALLELISM, isActive, mustLeave, TaskState } from '#common/domain';
import type { Service, Task } from '#common/proto';
import type { Change, Plan } from './change';
import { newTask } from './new-task';
import { decideReaping } from './reaper/decide-reaping';
import { endedByItself, isLost, mayRestart, parkedForMs, respawnInMs } from './restart/decide-restart';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';
import { hasEnded, isRunning, isUnassigned, type Place, type Slot } from './slots';
import { isTaskDirty } from './task-dirty';
import { decideUpdateStatus } from './update/decide-update-status';

/** Collects the changes of one decision. Each slot is changed at most once per pass. */
export class SlotPass {
  private readonly changes: Change[] = [];
  private readonly touched = new Set<Slot>();
  private requeueAfterMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly service: Service,
    private readonly snapshot: ServiceSnapshot,
    private readonly inputs: DecisionInputs,
  ) {}

  /** Records how far the update is, reaps history, and gives the plan. @param kept the slots that the service goes on with */
  finish(kept: Slot[]): Plan {
    this.recordUpdate(kept);
    this.changes.push(...decideReaping(this.snapshot.tasks, kept, (id) => this.snapshot.node(id)));
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

  create(place: Place, desired: TaskState): void {
    this.changes.push({ kind: 'createTask', task: newTask(this.service, place, desired, this.inputs) });
  }

  /** Sees to it that the slot is filled by a task that runs or is on its way. */
  keepAlive(slot: Slot): void {
    const { current } = slot;
    for (const task of slot.tasks) {
      if (!isActive(task) || task === current || this.standsInFor(task, current)) continue;
      this.setDesired(task, TaskState.shutdown, 'its slot is filled');
    }
    if (!current) this.refill(slot);
    else if (hasEnded(current)) this.restart(slot, current);
    else if (!isUnassigned(current) && mustLeave(this.nodeOf(current))) this.replace(slot, current, 'node is not available');
    else if (current.desiredState === TaskState.ready) this.unpark(slot, current);
  }

  /** Replaces outdated tasks; those that do not run at once, running ones as the parallelism allows. */
  update(slots: Slot[]): void {
    const outdated = slots.filter(
      (slot) => slot.current && !this.touched.has(slot) && this.isDirty(slot.current) && !this.hasGivenUp(slot),
    );
    if (outdated.length === 0) return;
    const isUp = (slot: Slot): boolean => slot.current !== undefined && isRunning(slot.current);
    for (const slot of outdated.filter((slot) => !isUp(slot))) this.replaceCurrent(slot, 'service updated');
    const parallelism = this.service.spec?.updateConfig?.parallelism ?? DEFAULT_UPDATE_PARALLELISM;
    const budget = parallelism === 0 ? outdated.length : parallelism - this.startingCount(slots);
    const running = outdated.filter(isUp).sort((a, b) => a.number - b.number);
    for (const slot of running.slice(0, Math.max(0, budget))) this.replaceCurrent(slot, 'service updated');
  }

  private recordUpdate(slots: Slot[]): void {
    const outdated = slots.filter((slot) => slot.current && this.isDirty(slot.current)).length;
    const status = decideUpdateStatus(this.service, { outdated, starting: this.startingCount(slots) }, this.inputs.now);
    if (status) this.changes.push({ kind: 'setUpdateStatus', serviceId: this.service.id, status });
  }

  /** Slots whose task is up to date but not running yet, those of this pass included. */
  private startingCount(slots: Slot[]): number {
    return slots.filter((slot) => {
      if (this.touched.has(slot)) return true;
      return slot.current !== undefined && !isRunning(slot.current) && !this.isDirty(slot.current);
    }).length;
  }

  private refill(slot: Slot): void {
    const [newest] = slot.tasks;
    const isFinished = newest !== undefined && !this.isDirty(newest) && endedByItself(newest) && !mayRestart(newest, slot.tasks);
    if (isFinished) return;
    this.touched.add(slot);
    this.create(slot, TaskState.ready);
  }

  private restart(slot: Slot, ended: Task): void {
    if (this.isDirty(ended)) return this.replace(slot, ended, 'service updated');
    if (!mayRestart(ended, slot.tasks)) {
      return this.setDesired(ended, TaskState.shutdown, 'restart policy does not restart it');
    }
    const waitMs = respawnInMs(ended, this.inputs.now);
    if (waitMs > 0) return this.lookAgainIn(waitMs);
    this.replace(slot, ended, 'task ended');
  }

  private unpark(slot: Slot, parked: Task): void {
    const predecessors = slot.tasks.filter((task) => task !== parked && !isActive(task));
    const waitMs = parkedForMs(parked, predecessors, {
      now: this.inputs.now,
      isNodeLost: (task) => isLost(this.snapshot.node(task.nodeId)),
    });
    if (waitMs > 0) this.lookAgainIn(waitMs);
    else this.setDesired(parked, TaskState.running, 'its turn has come');
  }

  private replaceCurrent(slot: Slot, reason: string): void {
    if (slot.current) this.replace(slot, slot.current, reason);
  }

  /**
   * Stop-first: the new task is prepared, and parked until every task before it has stopped. Start-first: it starts, and the old one
   * goes on until it runs. One that restarts after a failure is parked for its delay.
   */
  private replace(slot: Slot, old: Task, reason: string): void {
    this.touched.add(slot);
    if (this.startsFirst() && isRunning(old) && !isLost(this.nodeOf(old))) return this.create(slot, TaskState.running);
    this.setDesired(old, TaskState.shutdown, reason);
    const isOut = (task: Task): boolean => hasEnded(task) || isUnassigned(task) || isLost(this.nodeOf(task));
    const isRestart = hasEnded(old) && !this.isDirty(old);
    this.create(slot, slot.tasks.every(isOut) && !isRestart ? TaskState.running : TaskState.ready);
  }

  /** Two tasks of a slot cannot stand side by side where they would fight for a host port or for the last place on a node. */
  private startsFirst(): boolean {
    const { spec } = this.service;
    if (spec?.updateConfig?.order !== 'start-first') return false;
    const hasHostPorts = (spec.endpointSpec?.ports ?? []).some(({ publishMode }) => publishMode === 'host');
    return !hasHostPorts && (spec.taskTemplate?.placement?.maxReplicas ?? 0) === 0;
  }

  /** Whether the task is to go on because the one that is to follow it does not run yet. */
  private standsInFor(task: Task, current: Task | undefined): boolean {
    return this.startsFirst() && isRunning(task) && current !== undefined && !isRunning(current);
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
