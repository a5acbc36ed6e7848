import { isActive, isOfIteration, isTerminal, NodeState, stateRank, TaskState, updateStateOf } from '#common/domain';
import { UpdateStatus_State, type Node, type Service, type Task } from '#common/proto';
import { newestFirst } from '../newest-first';

/** Everything that the progress of a service is judged by, read at one time. `tasks` are those that carry its current spec. */
export interface ServiceSnapshot {
  readonly service: Service;
  readonly tasks: readonly Task[];
  readonly nodes: readonly Node[];
}

/** How one place of the service, a slot or a node, is doing. */
export interface PlaceProgress {
  /** The slot's number or the node's host name. */
  readonly place: string;
  readonly state: TaskState;
  readonly isDone: boolean;
  /** Of a job: its last task failed, and the restart policy allows no other. */
  readonly isGivenUp: boolean;
  /** Why it is not done, as far as is known; empty when all goes well. */
  readonly reason: string;
  /** How long the task has been in this state. */
  readonly sinceMs: number;
}

/** Where the roll-out stands. `rolling-back` and after it the service runs, or will run, its previous spec. */
export type Rollout = 'forward' | 'paused' | 'rolling-back' | 'rollback-paused' | 'rolled-back';

/** How far a service is from what it should be. */
export interface Progress {
  /** Tasks that run or, of a job, have completed. */
  readonly done: number;
  readonly desired: number;
  /** A job ends when its tasks complete; other services when their tasks run and go on running. */
  readonly isJob: boolean;
  readonly places: readonly PlaceProgress[];
  readonly converged: boolean;
  /** Of a job: it has ended without being complete, since tasks have failed as often as they may. */
  readonly isExhausted: boolean;
  readonly rollout: Rollout;
  /** What the manager says of the roll-out. */
  readonly message: string;
}

const ROLLOUTS: Readonly<Record<UpdateStatus_State, Rollout>> = {
  [UpdateStatus_State.updating]: 'forward',
  [UpdateStatus_State.completed]: 'forward',
  [UpdateStatus_State.paused]: 'paused',
  [UpdateStatus_State.rollback_started]: 'rolling-back',
  [UpdateStatus_State.rollback_paused]: 'rollback-paused',
  [UpdateStatus_State.rollback_completed]: 'rolled-back',
};

const stateOf = (task: Task): TaskState => task.status?.state ?? TaskState.new;

/** Orders tasks of one place: the one that is to live longest first, of those the one that has come least far. */
function compareTasks(a: Task, b: Task): number {
  return stateRank(a.desiredState) - stateRank(b.desiredState) || stateRank(stateOf(a)) - stateRank(stateOf(b));
}

function groupBy(tasks: readonly Task[], keyOf: (task: Task) => string): Map<string, Task[]> {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) groups.set(keyOf(task), [...(groups.get(keyOf(task)) ?? []), task]);
  return groups;
}

/** What is wrong with a task that has not got where it should. A task that waits for a node says so in its message. */
function complaintOf(task: Task): string {
  const err = task.status?.err ?? '';
  return err === '' && stateOf(task) === TaskState.pending ? (task.status?.message ?? '') : err;
}

/** The last failure in a place whose present task does not complain: an image that is refused again and again shows only so. */
function earlierFailure(tasks: readonly Task[], current: Task): string {
  const failures = tasks.filter((task) => task !== current && isTerminal(stateOf(task)) && task.status?.err);
  const [last] = failures.sort(newestFirst);
  return last ? `the one before was ${stateOf(last)}: ${last.status?.err}` : '';
}

function sinceMs(task: Task, nowMs: number): number {
  const time = Date.parse(task.status?.timestamp ?? '');
  return Number.isNaN(time) ? 0 : Math.max(0, nowMs - time);
}

/** What a task is to come to, and whether it never will. */
interface Aim {
  isDone(task: Task): boolean;
  isGivenUp(task: Task): boolean;
}

function placeProgress(place: string, tasks: readonly Task[], aim: Aim, nowMs: number): PlaceProgress[] {
  const [current] = [...tasks].sort(compareTasks);
  if (!current) return [];
  const isDone = aim.isDone(current);
  const reason = isDone ? '' : complaintOf(current) || earlierFailure(tasks, current);
  const isGivenUp = aim.isGivenUp(current);
  return [{ place, state: stateOf(current), isDone, isGivenUp, reason, sinceMs: sinceMs(current, nowMs) }];
}

const runs = (task: Task): boolean => !isTerminal(task.desiredState) && stateOf(task) === TaskState.running;
const hasCompleted = (task: Task): boolean => stateOf(task) === TaskState.complete;
/** A failed task that nothing has followed: the manager creates the next one in the same moment as it lets go of the last. */
const hasFailedForGood = (task: Task): boolean =>
  !isActive(task) && (stateOf(task) === TaskState.failed || stateOf(task) === TaskState.rejected);

const RUNNING: Aim = { isDone: runs, isGivenUp: () => false };
const COMPLETE: Aim = { isDone: hasCompleted, isGivenUp: hasFailedForGood };

/** A task on a node that is down neither runs nor tells anything, whatever its last word was; but what is complete stays so. */
function onLiveNodes(tasks: readonly Task[], nodes: readonly Node[]): Task[] {
  const down = new Set(nodes.filter((node) => node.status?.state === NodeState.down).map((node) => node.id));
  return tasks.filter((task) => !down.has(task.nodeId) || hasCompleted(task));
}

interface Places {
  /** Tasks by slot number or by node id. */
  readonly groups: ReadonlyMap<string, readonly Task[]>;
  /** Undefined while it is not known. */
  readonly desired: number | undefined;
}

/** A service that runs on every node wants as many tasks as there are nodes that got one: only the manager knows which. */
function placesPerNode(tasks: readonly Task[], { isGivenUp }: Aim): Places {
  const isWanted = (task: Task): boolean => isActive(task) || hasCompleted(task) || isGivenUp(task);
  const wanted = tasks.filter((task) => task.nodeId !== '' && isWanted(task));
  const groups = groupBy(wanted, (task) => task.nodeId);
  return { groups, desired: groups.size === 0 ? undefined : groups.size };
}

function placesOf({ service }: ServiceSnapshot, tasks: readonly Task[], aim: Aim): Places {
  const mode = service.spec?.mode;
  if (mode?.global || mode?.globalJob) return placesPerNode(tasks, aim);
  const desired = mode?.replicatedJob ? mode.replicatedJob.totalCompletions : mode?.replicated?.replicas;
  return { groups: groupBy(tasks, (task) => String(task.slot)), desired: desired ?? 1 };
}

const byPlace = (a: PlaceProgress, b: PlaceProgress): number => Number(a.place) - Number(b.place) || (a.place < b.place ? -1 : 1);

/** How a service is doing at `nowMs`, the time by the clock on the wall. */
export function decideProgress(snapshot: ServiceSnapshot, nowMs: number): Progress {
  const { service, nodes } = snapshot;
  const isJob = service.spec?.mode?.replicatedJob !== undefined || service.spec?.mode?.globalJob !== undefined;
  // Each update of a job starts a new run of it.
  const ofRun = snapshot.tasks.filter((task) => isOfIteration(service, task));
  const aim = isJob ? COMPLETE : RUNNING;
  const { groups, desired } = placesOf(snapshot, onLiveNodes(ofRun, nodes), aim);
  const hostnames = new Map(nodes.map((node) => [node.id, node.description?.hostname]));
  const places = [...groups].flatMap(([key, inPlace]) => placeProgress(hostnames.get(key) || key, inPlace, aim, nowMs));
  const done = places.filter((place) => place.isDone).length;
  const givenUp = places.filter((place) => place.isGivenUp).length;
  const state = updateStateOf(service);
  return {
    done,
    desired: desired ?? 0,
    isJob,
    places: places.sort(byPlace),
    // More than wanted is not there yet either: a service that is scaled down still has tasks to stop.
    converged: desired !== undefined && done === desired,
    isExhausted: givenUp > 0 && done + givenUp === desired,
    rollout: state === undefined ? 'forward' : ROLLOUTS[state],
    message: service.updateStatus?.message ?? '',
  };
}
