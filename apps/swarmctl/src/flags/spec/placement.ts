import type { Placement, PlacementPreference } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import type { UpdateFlags } from '../tables/update-flags';
import { itself, sortedBy, withAdded, without } from './list-edits';

const spreadOver = (label: string): PlacementPreference => ({ spread: { spreadDescriptor: label } });
const labelOf = (preference: PlacementPreference): string => preference.spread?.spreadDescriptor ?? '';

/** Where the tasks of a new service may run. */
export function newPlacement(flags: CreateFlags): Placement {
  return {
    constraints: [...(flags.constraint ?? []), ...(flags.affinity ?? [])],
    preferences: (flags.placementPref ?? []).map(spreadOver),
    maxReplicas: flags.replicasMaxPerNode ?? 0,
    platforms: [],
  };
}

/** Applies the flags for constraints, preferences and replicas per node. */
export function changedPlacement(current: Placement | undefined, flags: UpdateFlags): Placement | undefined {
  const { placementPrefAdd, placementPrefRm, replicasMaxPerNode } = flags;
  const constraintAdd = joined(flags.constraintAdd, flags.affinityAdd);
  const constraintRm = joined(flags.constraintRm, flags.affinityRm);
  const given = [constraintAdd, constraintRm, placementPrefAdd, placementPrefRm, replicasMaxPerNode];
  if (given.every((value) => value === undefined)) return current;
  const base = current ?? { constraints: [], preferences: [], maxReplicas: 0, platforms: [] };
  const constraints = without(withAdded(base.constraints, constraintAdd, itself), constraintRm, itself);
  const keptPreferences = without(base.preferences, placementPrefRm, labelOf);
  return {
    ...base,
    constraints: constraintAdd ? sortedBy(constraints, itself) : constraints,
    // In order: tasks are spread over the first label, then over the second within each value of the first.
    preferences: [...keptPreferences, ...(placementPrefAdd ?? []).map(spreadOver)],
    maxReplicas: replicasMaxPerNode ?? base.maxReplicas,
  };
}

/** An affinity is a constraint. */
function joined(constraints: readonly string[] | undefined, affinities: readonly string[] | undefined): string[] | undefined {
  return constraints || affinities ? [...(constraints ?? []), ...(affinities ?? [])] : undefined;
}
