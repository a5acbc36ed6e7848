import type { GenericResource, ResourceRequirements, Ulimit } from '#common/proto';

const UNLIMITED_SWAP = -1;
/** "As the engine does it": the value that clears a swappiness given before. */
const UNSET_SWAPPINESS = -1;

/** The part of the engine's `HostConfig` that limits what a container may use. Zero is "no limit" and left out. */
export function toResourceConfig(resources: ResourceRequirements | undefined): object {
  const { limits, reservations, swapBytes, memorySwappiness } = resources ?? {};
  return {
    NanoCpus: limits?.nanoCpus || undefined,
    Memory: limits?.memoryBytes || undefined,
    PidsLimit: limits?.pids || undefined,
    MemoryReservation: reservations?.memoryBytes || undefined,
    MemorySwap: toMemorySwap(swapBytes, limits?.memoryBytes ?? 0),
    MemorySwappiness: memorySwappiness === UNSET_SWAPPINESS ? undefined : memorySwappiness,
  };
}

export function toUlimits(ulimits: readonly Ulimit[]): object[] {
  return ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft ?? 0, Hard: hard ?? 0 }));
}

/** What the task was given of its node's generic resources: `DOCKER_RESOURCE_<KIND>=<value>[,<value>…]`. */
export function genericResourceEnv(resources: readonly GenericResource[]): string[] {
  const values = new Map<string, string[]>();
  for (const { namedResourceSpec: named, discreteResourceSpec: discrete } of resources) {
    const given = named ?? discrete;
    if (given) values.set(given.kind, [...(values.get(given.kind) ?? []), String(given.value)]);
  }
  return [...values].map(([kind, given]) => `DOCKER_RESOURCE_${kind.toUpperCase()}=${given.join(',')}`);
}

/** A service says how much swap there is on top of the memory; the engine wants the sum of both. */
function toMemorySwap(swapBytes: number | undefined, memoryBytes: number): number | undefined {
  if (swapBytes === undefined || swapBytes === UNLIMITED_SWAP) return swapBytes;
  return memoryBytes + swapBytes;
}
