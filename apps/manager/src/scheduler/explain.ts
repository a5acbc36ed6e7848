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
