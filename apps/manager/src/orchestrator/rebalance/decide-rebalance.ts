import { elapsedMs, rebalancesItself, TaskState } from '#common/domain';
import type { RebalanceRequest, Service, Task } from '#common/proto';
import { decideMoves } from '../../scheduler/even-out';
import type { Change } from '../change';
import { newTask } from '../new-task';
import type { ServiceSnapshot } from '../service-snapshot';
import type { Slot } from '../slots';
import { isUpdating } from '../update/decide-update-status';
import type { UpdatePolicy } from '../update/update-policy';

/** Most moves of one pass, whatever the parallelism: each looks at every node. The next ones follow when these run. */
const MOST_MOVES = 10;

/** What is needed to decide whether tasks are moved. */
export interface RebalanceContext {
  service: Service;
  snapshot: ServiceSnapshot;
  policy: UpdatePolicy;
  now: number;
  /** As `DecisionInputs`. */
  watchedSince: number | undefined;
  /** Whether nothing else is going on, and every slot has a task that runs and is up to date. */
  isSettled: boolean;
}

export interface Rebalance {
  /** Slots whose task is to move to where the scheduler puts it. */
  moving: Slot[];
  /** What becomes of the request. */
  changes: Change[];
  /** When this would be different although nothing has happened. */
  lookAgainMs: number;
}

const NOTHING: Rebalance = { moving: [], changes: [], lookAgainMs: Number.POSITIVE_INFINITY };

/**
 * Which running tasks move to where they are spread more evenly, as many at a time as the parallelism allows: on request, or
 * whenever it helps where the service asks for that.
 */
export function decideRebalance(slots: readonly Slot[], context: RebalanceContext): Rebalance {
  const { service, snapshot, policy, now, isSettled } = context;
  const request = snapshot.rebalance?.request;
  if (!request && !rebalancesItself(service.spec)) return NOTHING;
  if (!isSettled) return waitToBegin(slots, context);
  const left = request?.maxMoves ? request.maxMoves - request.moved : Number.POSITIVE_INFINITY;
  const limit = Math.min(left, policy.parallelism, MOST_MOVES);
  const running = slots.flatMap(({ current }) => current ?? []);
  const moves = decideMoves(likeNewTasks(service, now), running, snapshot.nodeInfos(), { limit, now });
  const moved = new Set(moves.map(({ task }) => task));
  const moving = slots.filter(({ current }) => current !== undefined && moved.has(current));
  const next = moves.length > 0 && request ? { ...request, moved: request.moved + moves.length } : undefined;
  return { ...NOTHING, moving, changes: setRequest(context, next) };
}

/** Tasks of older versions may run where none would be put now: where they may go is for the present spec to say. */
export function likeNewTasks(service: Service, now: number): Task {
  return newTask(service, { number: 0, nodeId: '' }, TaskState.running, { now, newId: () => '' });
}

/** A request does not lie in wait for ever: after this long without a task on its way, nothing suggests that it can ever begin. */
function waitToBegin(slots: readonly Slot[], context: RebalanceContext): Rebalance {
  const request = context.snapshot.rebalance?.request;
  if (!request || isUpdating(context.service)) return NOTHING;
  const watched = { now: context.now, steadySince: context.watchedSince };
  const times = [request.requestedAt, ...slots.map(({ current }) => current?.createdAt ?? '')];
  const waitedMs = Math.min(...times.map((time) => elapsedMs(Date.parse(time) || 0, watched)));
  const lookAgainMs = context.policy.deadlineMs - waitedMs;
  return lookAgainMs > 0 ? { ...NOTHING, lookAgainMs } : { ...NOTHING, changes: setRequest(context, undefined) };
}

function setRequest({ service, snapshot }: RebalanceContext, request: RebalanceRequest | undefined): Change[] {
  if (!snapshot.rebalance) return [];
  return [{ kind: 'setRebalance', serviceId: service.id, request, seen: snapshot.rebalance.modRevision }];
}
