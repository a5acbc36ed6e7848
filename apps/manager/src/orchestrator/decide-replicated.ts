import { DEFAULT_REPLICAS, TaskState } from '#common/domain';
import type { Service } from '#common/proto';
import type { Plan } from './change';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';
import { SlotPass } from './slot-pass';
import { freeSlotNumbers, groupSlots, slotsToRemove } from './slots';

/**
 * What a replicated service needs now: slots added or given up, ended tasks restarted, tasks moved off nodes that they must leave,
 * outdated tasks replaced within the update's parallelism, parked tasks started, the spread evened out where that is asked for,
 * history reaped.
 */
export function decideReplicated(service: Service, snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const slots = groupSlots(snapshot.tasks);
  const wanted = service.spec?.mode?.replicated?.replicas ?? DEFAULT_REPLICAS;
  const surplus = new Set(slotsToRemove(slots, slots.length - wanted));
  const kept = slots.filter((slot) => !surplus.has(slot));
  const pass = new SlotPass(service, snapshot, inputs);

  pass.removeSlots([...surplus]);
  for (const slot of kept) pass.keepAlive(slot);
  pass.replaceInTurn(kept);
  for (const number of freeSlotNumbers(kept, wanted - kept.length)) pass.create({ number, nodeId: '' }, TaskState.running);
  if (surplus.size === 0 && kept.length === wanted) pass.rebalance(kept);
  return pass.finish(kept);
}
