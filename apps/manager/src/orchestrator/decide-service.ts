import type { Plan } from './change';
import { decideGlobal } from './decide-global';
import { decideRemoval } from './decide-removal';
import { decideReplicated } from './decide-replicated';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';

/** What a service needs now, by its mode. Applied to its own result at the same `now` it decides nothing. */
export function decideService(snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const { service } = snapshot;
  if (!service) return decideRemoval(snapshot);
  return service.spec?.mode?.global ? decideGlobal(service, snapshot, inputs) : decideReplicated(service, snapshot, inputs);
}
