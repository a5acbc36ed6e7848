import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { TaskStatus } from '#common/proto';
import { keys, type ClusterStore, type ClusterView, type Guard, type ViewChange, type Write } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { decideOrphans, orphanedStatus, type Orphan, type SeenNode } from './decide-orphans';

/** Against a day this is at once. */
const PERIOD_MS = 60_000;
/** After a commit that failed, or that did not take all. */
const RETRY_MS = 500;
/** Each task takes up to three guards of a transaction. */
const MAX_TASKS_AT_ONCE = 40;

/**
 * The leader writes the status of tasks that no agent will report any more: looked for every minute, and whenever something happens
 * around a node that was removed. Nothing is kept in memory, so a change of leader changes nothing.
 */
export function orphanTasks(
  store: ClusterStore,
  logger: Logger,
  now: () => number = Date.now,
): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    let news = new AbortController();
    const unsubscribe = store.onChange((changes) => {
      if (changes.some((change) => concernsRemovedNode(store.view, change))) news.abort();
    });
    try {
      while (!term.signal.aborted) {
        news = new AbortController();
        const isDone = await lookOnce({ store, logger, now }, term);
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
  now: () => number;
}

/** @returns whether nothing is left to write */
async function lookOnce({ store, logger, now }: Parts, term: LeaderTerm): Promise<boolean> {
  if (!store.isSynced()) return false;
  const orphans = decideOrphans(seenNodes(store.view), store.view.tasks(), now());
  if (orphans.length === 0) return true;
  const batch = orphans.slice(0, MAX_TASKS_AT_ONCE);
  try {
    await term.commit(
      guardsOf(batch, store.view),
      batch.map((orphan) => toWrite(orphan, now())),
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

function seenNodes(view: ClusterView): SeenNode[] {
  return view.nodes().map(({ id }) => ({ id, downSince: view.observedNode(id)?.observed.downSince }));
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
