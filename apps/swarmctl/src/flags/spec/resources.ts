import type { GenericResource, ResourceLimit, ResourceRequirements, Resources } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import type { ResourceFlags } from '../tables/shared-flags';
import type { UpdateFlags } from '../tables/update-flags';
import { withAdded, without } from './list-edits';
import { conflict } from './surroundings';

const NO_LIMITS: ResourceLimit = { nanoCpus: 0, memoryBytes: 0, pids: 0 };
const NO_RESERVATIONS: Resources = { nanoCpus: 0, memoryBytes: 0, genericResources: [] };

function changedLimits(current: ResourceLimit | undefined, flags: ResourceFlags): ResourceLimit | undefined {
  const { limitCpu, limitMemory, limitPids } = flags;
  if (limitCpu === undefined && limitMemory === undefined && limitPids === undefined) return current;
  const base = current ?? NO_LIMITS;
  return {
    nanoCpus: limitCpu ?? base.nanoCpus,
    memoryBytes: limitMemory ?? base.memoryBytes,
    pids: limitPids ?? base.pids,
  };
}

interface ReservationChange {
  readonly nanoCpus?: number;
  readonly memoryBytes?: number;
  readonly genericResources?: GenericResource[];
}

function changedReservations(current: Resources | undefined, change: ReservationChange): Resources | undefined {
  if (Object.values(change).every((value) => value === undefined)) return current;
  const base = current ?? NO_RESERVATIONS;
  return {
    nanoCpus: change.nanoCpus ?? base.nanoCpus,
    memoryBytes: change.memoryBytes ?? base.memoryBytes,
    genericResources: change.genericResources ?? base.genericResources,
  };
}

const kindOf = ({ discreteResourceSpec, namedResourceSpec }: GenericResource): string =>
  discreteResourceSpec?.kind ?? namedResourceSpec?.kind ?? '';

function changedGenericResources(current: GenericResource[], flags: UpdateFlags): GenericResource[] | undefined {
  const { genericResourceAdd, genericResourceRm } = flags;
  if (!genericResourceAdd && !genericResourceRm) return undefined;
  const all = withAdded(current, genericResourceAdd, kindOf);
  const missing = genericResourceRm?.find((kind) => !all.some((resource) => kindOf(resource) === kind));
  if (missing !== undefined) throw conflict(`--generic-resource-rm ${missing}: the service does not ask for such a resource`);
  return without(all, genericResourceRm, kindOf);
}

/** The resources of a new task. */
export function newResources(flags: CreateFlags): ResourceRequirements {
  return {
    limits: changedLimits(NO_LIMITS, flags),
    reservations: {
      nanoCpus: flags.reserveCpu ?? 0,
      memoryBytes: flags.reserveMemory ?? 0,
      genericResources: withAdded([], flags.genericResource, kindOf),
    },
    swapBytes: flags.memorySwap,
    memorySwappiness: flags.memorySwappiness,
  };
}

/** Applies the flags for limits and reservations. */
export function changedResources(
  current: ResourceRequirements | undefined,
  flags: UpdateFlags,
): ResourceRequirements | undefined {
  const limits = changedLimits(current?.limits, flags);
  const reservations = changedReservations(current?.reservations, {
    nanoCpus: flags.reserveCpu,
    memoryBytes: flags.reserveMemory,
    genericResources: changedGenericResources(current?.reservations?.genericResources ?? [], flags),
  });
  const swapBytes = flags.memorySwap ?? current?.swapBytes;
  const memorySwappiness = flags.memorySwappiness ?? current?.memorySwappiness;
  const isEmpty = [limits, reservations, swapBytes, memorySwappiness].every((value) => value === undefined);
  return isEmpty ? current : { limits, reservations, swapBytes, memorySwappiness };
}
