import { choosePorts, TaskState } from '#common/domain';
import { assertNever, isCode } from '#common/errors';
import { RebalanceRequest, ServiceEndpoint, SpecChange_Kind, Task, UpdateStatus } from '#common/proto';
import { claimsOfPorts, keys, writesOfCredentials, writesOfService, type Guard, type Write } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { changedTasks, isTaskChange, type TaskChange } from './apply-changes';
import type { Change } from './change';

/** Below etcd's 1.5 MiB a request, with room for keys and guards; a single object is kept smaller than this by the API. */
const MAX_TRANSACTION_BYTES = 1024 * 1024;

/**
 * Writes changes, in as few fenced transactions as the store's limits allow. When one fails those before it stand, which is
 * harmless: the next pass decides from what is there.
 * @returns the number of writes in each transaction
 */
export async function commitChanges(term: LeaderTerm, changes: readonly Change[], now: number): Promise<number[]> {
  const batches = toTransactions(changes, now, term.maxWrites);
  try {
    for (const { guards, writes } of batches) await term.commit(guards, writes);
  } catch (error) {
    if (isCode(error, 'RESOURCE_EXHAUSTED')) await commitDeletions(term, changes, now);
    throw error;
  }
  return batches.map(({ writes }) => writes.length);
}

/**
 * A full etcd takes deletions only. A task that is to be removed is deleted without being told so first, which its agent takes for the
 * same thing: it stops the container, and removes it.
 */
async function commitDeletions(term: LeaderTerm, changes: readonly Change[], now: number): Promise<void> {
  const deletions = changes.flatMap((change): Change[] => {
    if (change.kind === 'deleteTask') return [change];
    const isRemoval = change.kind === 'setDesiredState' && change.to === TaskState.remove;
    return isRemoval ? [{ kind: 'deleteTask', taskId: change.task.id }] : [];
  });
  for (const { guards, writes } of toTransactions(deletions, now, term.maxWrites)) await term.commit(guards, writes);
}

/** The transactions that carry the changes, none above the limits. */
export function toTransactions(changes: readonly Change[], now: number, maxWrites: number): WriteGroup[] {
  return inBatches(toWriteGroups(changes, now), maxWrites);
}

interface WriteGroup {
  guards: Guard[];
  writes: Write[];
}

/** Groups that must not be split over transactions: one per object, since a transaction may write a key only once. */
export function toWriteGroups(changes: readonly Change[], now: number): WriteGroup[] {
  const tasks = [...changedTasks(changes.filter(isTaskChange), now)];
  const others = changes.filter((change) => !isTaskChange(change));
  return [
    ...tasks.map(([id, task]) => ({ guards: [], writes: task ? [putTask(task)] : deleteTask(id) })),
    ...others.map((change) => toServiceWrites(change as Exclude<Change, TaskChange>, now)),
  ];
}

function toServiceWrites(change: Exclude<Change, TaskChange>, now: number): WriteGroup {
  switch (change.kind) {
    case 'setUpdateStatus':
      return putUpdateStatus(change);
    case 'setEndpoint':
      return putEndpoint(change);
    case 'rollBack':
      return putPreviousSpec(change, new Date(now).toISOString());
    case 'setRebalance':
      return putRebalance(change);
    default:
      return assertNever(change);
  }
}

function inBatches(groups: WriteGroup[], maxWrites: number): WriteGroup[] {
  const batches: WriteGroup[] = [];
  let batch: WriteGroup = { guards: [], writes: [] };
  let bytes = 0;
  for (const group of groups) {
    const groupBytes = group.writes.reduce((sum, write) => sum + (write.kind === 'put' ? write.value.length : 0), 0);
    const isFull = batch.writes.length + group.writes.length > maxWrites || bytes + groupBytes > MAX_TRANSACTION_BYTES;
    if (isFull && batch.writes.length > 0) {
      batches.push(batch);
      batch = { guards: [], writes: [] };
      bytes = 0;
    }
    batch.guards.push(...group.guards);
    batch.writes.push(...group.writes);
    bytes += groupBytes;
  }
  if (batch.writes.length > 0) batches.push(batch);
  return batches;
}

/** The status that a joined task carries is written along with it; where the agent has a status of its own, that one is read. */
function putTask(task: Task): Write {
  return { kind: 'put', key: keys.task(task.id), value: Task.encode({ ...task, version: undefined }).finish() };
}

function deleteTask(id: string): Write[] {
  return [
    { kind: 'delete', key: keys.task(id) },
    { kind: 'delete', key: keys.taskStatus(id) },
  ];
}

/** Guarded by its service, which may be removed at the same moment: no status stays behind. */
function putUpdateStatus({ serviceId, status }: Extract<Change, { kind: 'setUpdateStatus' }>): WriteGroup {
  return {
    guards: [{ key: keys.service(serviceId), exists: true }],
    writes: [{ kind: 'put', key: keys.serviceUpdate(serviceId), value: UpdateStatus.encode(status).finish() }],
  };
}

/** Guarded like the update status. What was published is in the service itself. */
function putEndpoint({ serviceId, virtualIps }: Extract<Change, { kind: 'setEndpoint' }>): WriteGroup {
  const value = ServiceEndpoint.encode(ServiceEndpoint.fromPartial({ virtualIps })).finish();
  return {
    guards: [{ key: keys.service(serviceId), exists: true }],
    writes: [{ kind: 'put', key: keys.serviceEndpoint(serviceId), value }],
  };
}

/** As SwarmKit does: the previous spec is the current one again, and there is no other to go back to. Gives way to any other update. */
function putPreviousSpec(decided: Extract<Change, { kind: 'rollBack' }>, updatedAt: string): WriteGroup {
  const { service, credentials, message } = decided;
  const change = { kind: SpecChange_Kind.rollback, message };
  const { id, createdAt, jobStatus, previousSpec: spec } = service;
  // A port that somebody else has taken in the meantime makes the guard fail: the rollback waits until it is free.
  const before = service.endpoint?.ports ?? [];
  const endpoint = ServiceEndpoint.fromPartial({ ports: choosePorts(spec?.endpointSpec, before, () => false) });
  const claims = claimsOfPorts(id, before, endpoint.ports);
  return {
    guards: [{ key: keys.service(id), modRevision: service.version?.index ?? 0 }, ...claims.guards],
    writes: [
      ...claims.writes,
      ...writesOfService({ id, createdAt, updatedAt, jobStatus, spec, previousSpec: undefined, change, endpoint }, service),
      ...writesOfCredentials(id, credentials, 'previous-spec', true),
    ],
  };
}

/** Guarded by the request that was seen: somebody may have replaced it, or removed it with its service. */
function putRebalance({ serviceId, request, seen }: Extract<Change, { kind: 'setRebalance' }>): WriteGroup {
  const key = keys.serviceRebalance(serviceId);
  const write: Write = request ? { kind: 'put', key, value: RebalanceRequest.encode(request).finish() } : { kind: 'delete', key };
  return { guards: [{ key, modRevision: seen }], writes: [write] };
}
