import { acceptsTasks, NodeAvailability } from '#common/domain';
import type { Node, Service } from '#common/proto';
import type { Plan } from '../change';
import type { DecisionInputs, ServiceSnapshot } from '../service-snapshot';
import { placementHolds } from '../task-dirty';
import { JobPass } from './job-pass';
import { byNode, groupJobSlots, type JobSlot } from './job-slots';

/**
 * What a global job needs now: one completion on every node that its placement allows, also on one that joins later. A drained node
 * stops its task, and starts over when it takes tasks again. On a node that is paused or out of sight a task goes on as it is: it
 * could not run anywhere else.
 */
export function decideGlobalJob(service: Service, snapshot: ServiceSnapshot, inputs: DecisionInputs): Plan {
  const slots = groupJobSlots(service, snapshot.tasks, byNode);
  const pass = new JobPass(service, snapshot, inputs);
  const isPresent = (slot: JobSlot): boolean => snapshot.node(slot.nodeId) !== undefined;
  const gone = slots.filter((slot) => !isPresent(slot));
  const kept = slots.filter(isPresent);

  pass.removeSlots(gone, 'its node has left the cluster');
  const slotOn = new Map(kept.map((slot) => [slot.nodeId, slot]));
  for (const node of snapshot.nodes()) {
    const slot = slotOn.get(node.id);
    if (slot && isDrained(node)) pass.stopSlot(slot, 'node is not available');
    else if (slot && !placementHolds(service, node)) pass.stopSlot(slot, 'node does not satisfy the placement');
    else if (acceptsTasks(node) && placementHolds(service, node)) serve(pass, node, slot);
  }
  return pass.finish(kept);
}

function serve(pass: JobPass, node: Node, slot: JobSlot | undefined): void {
  if (!slot) pass.start({ number: 0, nodeId: node.id });
  else if (pass.tend(slot) === 'vacant') pass.start(slot, slot.attempts);
}

function isDrained(node: Node): boolean {
  return node.spec?.availability === NodeAvailability.drain;
}
