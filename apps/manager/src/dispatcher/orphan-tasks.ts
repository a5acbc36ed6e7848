import { delay, monotonicMs } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { ObservedNode, TaskStatus } from '#common/proto';
import { keys, type ClusterStore, type ClusterView, type Guard, type ViewChange, type Write } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { decideOrphans, orphanedStatus, type Orphan } from './decide-orphans';
import { DownWatch, type RecordedDown } from './down-watch';

/** Against a day this is at once. */
const PERIOD_MS = 60_000;
/** After a commit that failed, or that did not take all. */
const RETRY_MS = 500;
/** Each task takes up to three guards of a transaction. */
const MAX_TASKS_AT_ONCE = 40;
/** Each node takes a guard. */
const MAX_NODES_AT_ONCE = 100;

/**
 * The leader writes the status of tasks that no agent will report any more: looked for every minute, and whenever something happens
 * around a node that was removed. How long a node has been down is recorded every hour, so that a change of leader costs no more.
 * @param steadyMs a clock that nobody sets
 */
export function orphanTasks(
  store: ClusterStore,
  logger: Logger,
  steadyMs: () => number = monotonicMs,
): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    const watch = new DownWatch();
    let news = new AbortController();
    const unsubscribe = store.onChange((changes) => {
      if (changes.some((change) => concernsRemovedNode(store.view, change))) news.abort();
    });
    try {
      while (!term.signal.aborted) {
        news = new AbortController();
        const isDone = await lookOnce({ store, logger, watch }, term, steadyMs());
        await delay(isDone ? PERIOD_MS : RETRY_MS, AbortSignal.any([term.signal, news.signal]));
      }
    } finally {
      unsubscribe();
    }
  };
}

interface Parts {
  store: ClusterStore;
  logger: Logger;
  watch: DownWatch;
}

/** @returns whether nothing is left to write */
async function lookOnce(parts: Parts, term: LeaderTerm, steadyMs: number): Promise<boolean> {
  const { store, watch } = parts;
  if (!store.isSynced()) return false;
  const nodes = recordedDown(store.view);
  const downMs = watch.look(nodes, steadyMs);
  const due = watch.dueToRecord(nodes, downMs).slice(0, MAX_NODES_AT_ONCE);
  if (due.length > 0 && !(await recordDown(due, downMs, parts, term))) return false;
  const orphans = decideOrphans(
    nodes.map(({ id }) => ({ id, downMs: downMs.get(id) })),
    store.view.tasks(),
  );
  return orphans.length === 0 || recordOrphans(orphans, parts, term);
}

async function recordDown(
  nodeIds: readonly string[],
  downMs: ReadonlyMap<string, number>,
  { store: { view }, logger }: Parts,
  term: LeaderTerm,
): Promise<boolean> {
  const known = nodeIds.flatMap((id) => {
    const seen = view.observedNode(id);
    return seen ? [{ id, ...seen }] : [];
  });
  try {
    await term.commit(
      known.map(({ id, modRevision }): Guard => ({ key: keys.nodeStatus(id), modRevision })),
      known.map(({ id, observed }): Write => {
        const value = ObservedNode.encode({ ...observed, seenDownMs: Math.floor(downMs.get(id) ?? 0) }).finish();
        return { kind: 'put', key: keys.nodeStatus(id), value };
      }),
    );
    return true;
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'could not record how long nodes are down, will retry');
    return false;
  }
}

async function recordOrphans(orphans: readonly Orphan[], { store, logger }: Parts, term: LeaderTerm): Promise<boolean> {
  const batch = orphans.slice(0, MAX_TASKS_AT_ONCE);
  const now = Date.now();
  try {
    await term.commit(
      guardsOf(batch, store.view),
      batch.map((orphan) => toWrite(orphan, now)),
    );
    logger.warn({ tasks: batch.map(({ task }) => task.id) }, 'tasks are orphaned: nobody will hear of them again');
    return batch.length === orphans.length;
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'could not record that tasks are orphaned, will retry');
    return false;
  }
}

function concernsRemovedNode(view: ClusterView, change: ViewChange): boolean {
  if (change.kind === 'everything') return true;
  if (change.kind === 'node') return view.node(change.id) === undefined;
  return change.kind === 'task' && change.nodeIds.some((id) => view.node(id) === undefined);
}

function recordedDown(view: ClusterView): RecordedDown[] {
  return view.nodes().map(({ id }) => {
    const observed = view.observedNode(id)?.observed;
    return { id, downSince: observed?.downSince, seenDownMs: observed?.seenDownMs ?? 0 };
  });
}

/** The tasks are still there, nobody has heard of them since, and their nodes are still as they were: down, or gone. */
function guardsOf(orphans: readonly Orphan[], view: ClusterView): Guard[] {
  const nodes = new Map(orphans.map(({ task, isNodeRemoved }) => [task.nodeId, isNodeRemoved]));
  return [
    ...[...nodes].map(([id, isNodeRemoved]): Guard => {
      if (isNodeRemoved) return { key: keys.node(id), createRevision: 0 };
      return { key: keys.nodeStatus(id), modRevision: view.observedNode(id)?.modRevision ?? 0 };
    }),
    ...orphans.flatMap(({ task: { id } }): Guard[] => [
      { key: keys.task(id), exists: true },
      { key: keys.taskStatus(id), modRevision: view.taskStatusRevision(id) },
    ]),
  ];
}

function toWrite(orphan: Orphan, now: number): Write {
  const value = TaskStatus.encode(orphanedStatus(orphan, now)).finish();
  return { kind: 'put', key: keys.taskStatus(orphan.task.id), value };
}
