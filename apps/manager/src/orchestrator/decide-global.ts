import { acceptsTasks, availabilityOf, mustLeave, NodeAvailability, TaskState } from '#common/domain';
import type { Node, Service } from '#common/proto';
import type { Plan } from './change';
import type { DecisionInputs, ServiceSnapshot } from './service-snapshot';
import { SlotPass } from './slot-pass';
import { groupSlots, type Slot } from './slots';
import { placementHolds } from './task-dirty';

/**
 * What a global service needs now: one task on every node that its placement allows. A node that is drained, down or no longer
 * allowed loses its task; a paused one keeps it as it is, and is neither given one nor updated.
 */
export function decideGlobal(service: Service, snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const slots = groupSlots(snapshot.tasks);
  const pass = new SlotPass(service, snapshot, inputs);
  const isOn = (slot: Slot, test: (node: Node) => boolean): boolean => {
    const node = snapshot.node(slot.nodeId);
    return node !== undefined && test(node);
  };

  pass.removeSlots(slots.filter((slot) => snapshot.node(slot.nodeId) === undefined));
  const present = slots.filter((slot) => isOn(slot, () => true));
  for (const slot of present) {
    if (isOn(slot, mustLeave)) pass.stopSlot(slot, 'node is not available');
    else if (!isOn(slot, (node) => isPaused(node) || placementHolds(service, node)))
      pass.stopSlot(slot, 'node does not satisfy the placement');
  }
  const served = present.filter((slot) => isOn(slot, (node) => acceptsTasks(node) && placementHolds(service, node)));
  for (const slot of served) pass.keepAlive(slot);
  pass.replaceInTurn(served);
  const taken = new Set(present.map((slot) => slot.nodeId));
  for (const node of snapshot.nodes()) {
    if (acceptsTasks(node) && !taken.has(node.id) && placementHolds(service, node)) {
      pass.create({ number: 0, nodeId: node.id }, TaskState.running);
    }
  }
  return pass.finish(present.filter((slot) => !isOn(slot, isPaused)));
}

function isPaused(node: Node): boolean {
  return availabilityOf(node) === NodeAvailability.pause;
}
