import { isStoreFileTooLarge } from '#common/domain';
import type { SpaceUsage } from '#common/store';

/** Creates and updates may fill this share of etcd's quota. The rest is for removals, statuses, leases, and the leader's writes. */
const SHARE = 0.8;
/** What etcd keeps beside a value: key, revision, index. */
const RECORD_BYTES = 512;
/** A task beside its copy of the spec: ids, addresses, and the statuses of a start, which stay until the history is compacted. */
const TASK_BYTES = 4 * 1024;
const MIB = 1024 * 1024;

/** What somebody wants to store. */
export interface RoomDemand {
  /** What it is for, as in "service web". */
  readonly what: string;
  /** Bytes of the values that are written at once. */
  readonly bytes: number;
  /** Tasks that come of it, each with a copy of the spec. */
  readonly tasks?: number;
  /** Of one task's spec. */
  readonly specBytes?: number;
}

/** Bytes that the tasks take in etcd, with what is written in their lives. */
export function taskBytesOf({ tasks = 0, specBytes = 0 }: RoomDemand): number {
  return tasks * (specBytes + TASK_BYTES);
}

/** Why there is no room for it, with the numbers and what to do; undefined when there is, or nobody knows. */
export function roomRefusal(usage: SpaceUsage | undefined, demand: RoomDemand): string | undefined {
  if (!usage) return undefined;
  const { quotaBytes, sizeBytes, inUseBytes, promisedBytes, isFull } = usage;
  if (isFull) return `${demand.what} cannot be stored: ${storeFull(usage)}`;
  const needed = demand.bytes + RECORD_BYTES + taskBytesOf(demand);
  const free = Math.max(0, SHARE * quotaBytes - inUseBytes - promisedBytes);
  if (needed <= free && !isStoreFileTooLarge(usage)) return undefined;
  const promised = promisedBytes > 0 ? ` and ${mib(promisedBytes)} are promised to what was created just now` : '';
  const kept = `${Math.round((1 - SHARE) * 100)}% of the quota of ${mib(quotaBytes)} are kept for removals and statuses`;
  const state = `${mib(free)} are free: ${mib(inUseBytes)} are in use${promised}, and ${kept}`;
  if (needed <= free)
    return `${demand.what} cannot be stored until etcd is defragmented: its file takes ${mib(sizeBytes)} of the quota of ${mib(quotaBytes)}; try again in a minute`;
  return `${demand.what} does not fit into the cluster store: it needs ${needOf(demand, needed)}; ${state}. ${ADVICE}`;
}

/** What it means that etcd's alarm NOSPACE is raised, and what to do. */
export function storeFull({ sizeBytes, inUseBytes, quotaBytes }: SpaceUsage): string {
  const numbers = `${mib(sizeBytes)} of ${mib(quotaBytes)}, ${mib(inUseBytes)} in use`;
  return (
    `the cluster store (etcd) is full (alarm NOSPACE; ${numbers}): nothing can be created or changed, running containers are not ` +
    'affected; remove services, secrets or configs, or raise the quota (etcd --quota-backend-bytes, manager --etcd-quota-bytes), ' +
    'and it recovers by itself'
  );
}

const ADVICE =
  'Ask for fewer tasks, move large values of the spec into a config, remove what is not needed, or raise the quota (etcd --quota-backend-bytes, manager --etcd-quota-bytes)';

function needOf(demand: RoomDemand, needed: number): string {
  const { tasks = 0, specBytes = 0, bytes } = demand;
  const own = `${mib(needed)} (${bytes} bytes`;
  return tasks === 0 ? `${own})` : `${own}, and ${tasks} tasks × (${specBytes} bytes of spec + ${TASK_BYTES} bytes))`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
