import { isTerminal, observedState, stateRank, TaskState } from '#common/domain';
import { RebalanceRequest, Service, UpdateStatus, type Node, type Task } from '#common/proto';
import { joinService, type Write } from '#common/store';
import { toNodeInfo } from '../../scheduler/node-info';
import { PlacementSession } from '../../scheduler/placement-session';
import { changedTasks, isTaskChange } from '../apply-changes';
import type { Change } from '../change';
import { decideService } from '../decide-service';
import { decidePlacements, tasksToPlace } from '../place-tasks';
import { toWriteGroups } from '../commit-changes';
import { aSnapshot, countingIds } from '../../testing/builders';

/** What a container does that has been started. */
export type Outcome = 'runs' | 'fails' | 'completes';

/** A cluster in memory with agents that obey: for histories of thousands of steps without I/O. */
export class SimulatedCluster {
  readonly tasks = new Map<string, Task>();
  now = Date.parse('2026-01-01T12:00:00.000Z');
  private steadySince = Number.NEGATIVE_INFINITY;
  private readonly newId = countingIds();

  /** Somebody's wish to have the tasks spread evenly. */
  rebalance: RebalanceRequest | undefined;
  private current: Service | undefined;
  private updateStatus: UpdateStatus | undefined;

  constructor(
    service: Service | undefined,
    public nodes: Node[],
  ) {
    this.current = service;
  }

  /** As the view joins it: a status of an older version is void. */
  get service(): Service | undefined {
    return this.current && joinService(this.current, { update: this.updateStatus });
  }

  set service(service: Service | undefined) {
    this.current = service;
  }

  private replaceService(record: Service): void {
    this.current = { ...record, version: { index: (this.current?.version?.index ?? 0) + 1 } };
  }

  list(): Task[] {
    return [...this.tasks.values()];
  }

  /** Somebody sets the leader's clock. */
  setClock(jumpMs: number): void {
    this.now += jumpMs;
    this.steadySince = this.now;
  }

  /** One pass of the reconciler. @returns what it changed */
  reconcile(): Change[] {
    const rebalance = this.rebalance && { request: this.rebalance, modRevision: 1 };
    const snapshot = { ...aSnapshot(this.service, this.list(), this.nodes), rebalance };
    const { changes } = decideService(snapshot, {
      now: this.now,
      watchedSince: this.steadySince,
      steadySince: this.steadySince,
      newId: this.newId,
    });
    const infos = this.nodes.map((node) =>
      toNodeInfo(
        node,
        this.list().filter((task) => task.nodeId === node.id),
      ),
    );
    const all = [
      ...changes,
      ...decidePlacements(tasksToPlace(snapshot.tasks, changes), changes, new PlacementSession(infos, this.now), this.now)
        .changes,
    ];
    this.apply(all);
    return all;
  }

  /** Lets the agent of a task take one step towards what is desired; `outcome` is what a running container does. */
  step(task: Task, outcome: Outcome): void {
    const node = this.nodes.find(({ id }) => id === task.nodeId);
    if (node?.status?.state !== 'ready' || isTerminal(observedState(task))) return;
    const next = nextObserved(task, outcome);
    if (next) this.observe(task, next);
  }

  observe(task: Task, state: TaskState): void {
    if (!task.status) return;
    const appliedAt = new Date(this.now).toISOString();
    const runningAt = task.status.runningAt ?? (state === TaskState.running ? appliedAt : undefined);
    this.tasks.set(task.id, { ...task, status: { ...task.status, state, appliedAt, runningAt } });
  }

  private apply(changes: Change[]): void {
    for (const [id, task] of changedTasks(changes.filter(isTaskChange), this.now)) {
      if (task) this.tasks.set(id, task);
      else this.tasks.delete(id);
    }
    const others = changes.filter((change) => !isTaskChange(change));
    for (const write of toWriteGroups(others, this.now).flatMap(({ writes }) => writes)) this.applyWrite(write);
  }

  /** What concerns the service passes through its stored form. */
  private applyWrite(write: Write): void {
    const value = write.kind === 'put' ? write.value : undefined;
    if (write.key.startsWith('service-rebalance/')) this.rebalance = value && RebalanceRequest.decode(value);
    else if (value && write.key.startsWith('services/')) this.replaceService(Service.decode(value));
    else if (value && write.key.startsWith('service-update/')) this.updateStatus = UpdateStatus.decode(value);
  }
}

function nextObserved(task: Task, outcome: Outcome): TaskState | undefined {
  const state = observedState(task);
  if (stateRank(task.desiredState) >= stateRank(TaskState.shutdown)) return TaskState.shutdown;
  if (state === TaskState.assigned) return TaskState.ready;
  if (state === TaskState.ready) return task.desiredState === TaskState.ready ? undefined : TaskState.running;
  if (state !== TaskState.running || outcome === 'runs') return undefined;
  return outcome === 'fails' ? TaskState.failed : TaskState.complete;
}
