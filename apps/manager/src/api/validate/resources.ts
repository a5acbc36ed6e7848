import { MIN_MEMORY_BYTES, MIN_NANO_CPUS } from '#common/domain';
import type { GenericResource, ResourceRequirements } from '#common/proto';
import { invalidSpec } from './api-errors';

const NANOS_PER_CPU = 1e9;
const UNLIMITED = -1;
/** "As the engine does it": the value that clears a swappiness given before. */
const UNSET_SWAPPINESS = -1;
const MAX_SWAPPINESS = 100;

/** @throws DomainError INVALID_ARGUMENT */
export function validateResources(resources: ResourceRequirements | undefined): void {
  const { limits, reservations } = resources ?? {};
  for (const amounts of [limits, reservations]) {
    if (!amounts) continue;
    validateCpu(amounts.nanoCpus);
    validateMemory(amounts.memoryBytes);
  }
  if ((limits?.pids ?? 0) < UNLIMITED) throw invalidSpec(`invalid pids limit ${limits?.pids}: less than -1, which is unlimited`);
  validateSwap(resources);
  validateReservation('cpu', reservations?.nanoCpus, limits?.nanoCpus);
  validateReservation('memory', reservations?.memoryBytes, limits?.memoryBytes);
  validateGenericResources(reservations?.genericResources ?? []);
}

function validateCpu(nanoCpus: number): void {
  if (nanoCpus !== 0 && nanoCpus < MIN_NANO_CPUS) {
    throw invalidSpec(
      `invalid cpu value ${goFloat(nanoCpus / NANOS_PER_CPU)}: Must be at least ${MIN_NANO_CPUS / NANOS_PER_CPU}`,
    );
  }
}

function validateMemory(bytes: number): void {
  if (bytes !== 0 && bytes < MIN_MEMORY_BYTES) throw invalidSpec(`invalid memory value ${bytes}: Must be at least 4MiB`);
}

/** Swap comes on top of a memory limit. */
function validateSwap({ limits, swapBytes, memorySwappiness = UNSET_SWAPPINESS }: Partial<ResourceRequirements> = {}): void {
  if (memorySwappiness < UNSET_SWAPPINESS || memorySwappiness > MAX_SWAPPINESS) {
    throw invalidSpec(`Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (swapBytes === undefined || swapBytes === UNLIMITED) return;
  if (swapBytes < UNLIMITED) throw invalidSpec(`invalid swap value ${swapBytes}: less than -1, which is unlimited`);
  if (!limits?.memoryBytes) {
    throw invalidSpec('You should always set the Memory limit when using Memoryswap limit, see usage');
  }
}

/** What a task can never use need not be kept free for it. */
function validateReservation(kind: string, reserved = 0, limit = 0): void {
  if (limit > 0 && reserved > limit)
    throw invalidSpec(`invalid ${kind} reservation ${reserved}: it is above the limit of ${limit}`);
}

function validateGenericResources(resources: readonly GenericResource[]): void {
  for (const { namedResourceSpec: named, discreteResourceSpec: discrete } of resources) {
    const kind = named?.kind ?? discrete?.kind;
    if (!kind) throw invalidSpec('generic resource without a kind');
    if (named) {
      throw invalidSpec(
        `invalid argument for resource ${kind}: a service asks for a number of a kind and is given names, so that '${named.value}' ` +
          `cannot be asked for; use DiscreteResourceSpec`,
      );
    }
    if (discrete && discrete.value < 0) throw invalidSpec(`generic resource '${kind}' cannot be negative`);
  }
}

/** A small number as Go prints it: an exponent of at least two digits below 0.0001. */
function goFloat(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
