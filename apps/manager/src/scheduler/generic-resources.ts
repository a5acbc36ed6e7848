import type { GenericResource, Task } from '#common/proto';

/** What a node has of one kind: values by name, in the node's order, or a plain number of them. */
export interface GenericPool {
  readonly names: readonly string[];
  readonly amount: number;
}

export type GenericPools = ReadonlyMap<string, GenericPool>;

/** How many of each kind a task asks for. */
export type GenericRequest = ReadonlyMap<string, number>;

const NO_POOL: GenericPool = { names: [], amount: 0 };
const NO_REQUEST: GenericRequest = new Map();
const NOTHING: GenericResource[] = [];

/** Adds up resources by kind. */
export function toPools(resources: readonly GenericResource[]): GenericPools {
  const pools = new Map<string, GenericPool>();
  for (const { namedResourceSpec: named, discreteResourceSpec: discrete } of resources) {
    const kind = named?.kind ?? discrete?.kind ?? '';
    const pool = pools.get(kind) ?? NO_POOL;
    if (named) pools.set(kind, { ...pool, names: [...pool.names, named.value] });
    else if (discrete) pools.set(kind, { ...pool, amount: pool.amount + discrete.value });
  }
  return pools;
}

/** What is left once the claims are taken out. An amount may fall below zero when the node has less than was once claimed. */
export function withoutClaims(pools: GenericPools, claims: readonly GenericResource[]): GenericPools {
  if (claims.length === 0) return pools;
  const left = new Map(pools);
  for (const [kind, claimed] of toPools(claims)) {
    const pool = left.get(kind) ?? NO_POOL;
    const taken = new Set(claimed.names);
    left.set(kind, { names: pool.names.filter((name) => !taken.has(name)), amount: pool.amount - claimed.amount });
  }
  return left;
}

/** What the task reserves. A request is always a number of a kind; which ones it gets is decided on the node. */
export function genericRequestOf(task: Task): GenericRequest {
  const reserved = task.spec?.resources?.reservations?.genericResources ?? NOTHING;
  if (reserved.length === 0) return NO_REQUEST;
  const request = new Map<string, number>();
  for (const { discreteResourceSpec: discrete } of reserved) {
    if (discrete && discrete.value > 0) request.set(discrete.kind, (request.get(discrete.kind) ?? 0) + discrete.value);
  }
  return request;
}

/** How many of a kind are free. A node that names values of a kind has as many as it names. */
export function freeOf(pools: GenericPools, kind: string): number {
  const { names, amount } = pools.get(kind) ?? NO_POOL;
  return names.length > 0 ? names.length : amount;
}

/** The task's share of what is free: the first free values of a kind that has names, a number of any other. */
export function claimFrom(pools: GenericPools, request: GenericRequest): GenericResource[] {
  if (request.size === 0) return NOTHING;
  return [...request].flatMap(([kind, count]): GenericResource[] => {
    const { names } = pools.get(kind) ?? NO_POOL;
    if (names.length === 0) return [{ namedResourceSpec: undefined, discreteResourceSpec: { kind, value: count } }];
    return names.slice(0, count).map((value) => ({ namedResourceSpec: { kind, value }, discreteResourceSpec: undefined }));
  });
}
