import { isActive, isOnNode, observedState } from '#common/domain';
import type { Node, Task } from '#common/proto';
import { toPools, type GenericPools } from './generic-resources';
import { reservationOf } from './node-info';

/**
 * Which tasks have to leave because the node has less than they reserve together: the newest first, of those that reserve any of
 * what is short, until the rest fits. A task whose named resource the node does not have any more leaves in any case. Tasks that
 * are told to stop already are taken as gone.
 * @param tasks those on the node
 * @returns ids
 */
export function tasksOverCapacity(node: Node, tasks: readonly Task[]): Set<string> {
  const capacity = node.description?.resources;
  const leaving = new Set<string>();
  // So is a node described whose engine has not answered yet: what it has is not known.
  if (!capacity || (capacity.nanoCpus === 0 && capacity.memoryBytes === 0)) return leaving;
  const pools = toPools(capacity.genericResources);
  const holding = tasks.filter((task) => isActive(task) && isOnNode(observedState(task)));
  const free = new Map([
    ['cpu', capacity.nanoCpus],
    ['memory', capacity.memoryBytes],
    ...[...pools].map(([kind, { amount }]): [string, number] => [genericKey(kind), amount]),
  ]);
  const needs = new Map(holding.map((task) => [task.id, needsOf(task)]));
  for (const { id, genericResources } of holding) {
    if (hasLostName(genericResources, pools)) leaving.add(id);
    else for (const [what, amount] of needs.get(id) ?? []) free.set(what, (free.get(what) ?? 0) - amount);
  }
  for (const { id } of holding.filter((task) => !leaving.has(task.id)).sort(newestFirst)) {
    const needed = needs.get(id) ?? [];
    if (!needed.some(([what]) => (free.get(what) ?? 0) < 0)) continue;
    leaving.add(id);
    for (const [what, amount] of needed) free.set(what, (free.get(what) ?? 0) + amount);
  }
  return leaving;
}

type Need = [what: string, amount: number];

/** What a task counts for; names that it holds are not counted but looked for. */
function needsOf(task: Task): Need[] {
  const { nanoCpus, memoryBytes } = reservationOf(task);
  const claims = [...toPools(task.genericResources)].map(([kind, { amount }]): Need => [genericKey(kind), amount]);
  const all: Need[] = [['cpu', nanoCpus], ['memory', memoryBytes], ...claims];
  return all.filter(([, amount]) => amount > 0);
}

/** Kinds are free text, and one may be called cpu. */
function genericKey(kind: string): string {
  return `generic/${kind}`;
}

function hasLostName(claims: Task['genericResources'], pools: GenericPools): boolean {
  return claims.some(({ namedResourceSpec: named }) => named && !pools.get(named.kind)?.names.includes(named.value));
}

function newestFirst(a: Task, b: Task): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
