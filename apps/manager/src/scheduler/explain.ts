import { hostPortFilter } from './filters/host-port-filter';
import { maxReplicasFilter } from './filters/max-replicas-filter';
import type { NodeInfo } from './node-info';
import type { Pipeline } from './pipeline';

/** Why no node takes the task: "no suitable node (insufficient resources on 3 nodes)". */
export function explain(pipeline: Pipeline, nodes: Iterable<NodeInfo>): string {
  const refusals = new Map<string, { count: number; why(nodes: number): string }>();
  for (const info of nodes) {
    const filter = pipeline.refusedBy(info);
    if (!filter) continue;
    const entry = refusals.get(filter.name) ?? { count: 0, why: (count: number) => filter.why(count) };
    entry.count++;
    refusals.set(filter.name, entry);
  }
  const reasons = [...refusals.values()].sort((a, b) => b.count - a.count).map(({ count, why }) => why(count));
  return reasons.length > 0 ? `no suitable node (${reasons.join('; ')})` : 'no suitable node';
}

/** Whether a reason from `explain` says that a node would do, were it not for a port or a place that another task holds there. */
export function saysPlaceIsTaken(reason: string): boolean {
  return [hostPortFilter, maxReplicasFilter].some((filter) => reason.includes(filter.why(0).replace(/ on 0 nodes$/, '')));
}
