import type { Plan } from './change';
import { decideGlobal } from './decide-global';
import { decideRemoval } from './decide-removal';
import { decideReplicated } from './decide-replicated';
import { decideGlobalJob } from './jobs/decide-global-job';
import { decideReplicatedJob } from './jobs/decide-replicated-job';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';

/** What a service needs now, by its mode. Applied to its own result at the same `now` it decides nothing. */
export function decideService(snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const { service } = snapshot;
  if (!service) return decideRemoval(snapshot);
  const mode = service.spec?.mode;
  if (mode?.global) return decideGlobal(service, snapshot, inputs);
  if (mode?.globalJob) return decideGlobalJob(service, snapshot, inputs);
  if (mode?.replicatedJob) return decideReplicatedJob(service, snapshot, inputs);
  if (mode === undefined || mode.replicated) return decideReplicated(service, snapshot, inputs);
  // The mode of a newer program: what is there stays as it is.
  return { changes: [] };
}
