import { DomainTally, type ItemsOf } from './domain-tally';
import type { NodeInfo } from './node-info';

/** All nodes as they are after the placements so far, with what filters need that look beyond one node. */
export class NodeSet {
  private readonly infos: Map<string, NodeInfo>;
  private readonly services = new Map<string, DomainTally>();
  private readonly repulsions = new Map<string, DomainTally>();
  private readonly topologies = new Set<string>();

  constructor(infos: readonly NodeInfo[]) {
    this.infos = new Map(infos.map((info) => [info.node.id, info]));
    for (const info of infos) this.noteTopologies(info);
  }

  all(): NodeInfo[] {
    return [...this.infos.values()];
  }

  get(nodeId: string): NodeInfo | undefined {
    return this.infos.get(nodeId);
  }

  /** The node is like this now. */
  put(info: NodeInfo): void {
    const before = this.infos.get(info.node.id);
    this.infos.set(info.node.id, info);
    this.noteTopologies(info);
    for (const tally of this.services.values()) tally.replace(before, info);
    for (const tally of this.repulsions.values()) tally.replace(before, info);
  }

  /** Tasks by the name and by the id of their service. */
  tasksBy(topology: string): DomainTally {
    return this.tally(this.services, topology, servicesOn);
  }

  /** How often tasks keep a service, by its name or id, out of their domain. */
  repulsionsBy(topology: string): DomainTally {
    return this.tally(this.repulsions, topology, (info) => repelledBy(info, topology));
  }

  /** The keys by which tasks anywhere keep others away. */
  repulsionTopologies(): Iterable<string> {
    return this.topologies;
  }

  private tally(tallies: Map<string, DomainTally>, topology: string, itemsOf: ItemsOf): DomainTally {
    const tally = tallies.get(topology) ?? new DomainTally(topology, itemsOf, this.infos.values());
    tallies.set(topology, tally);
    return tally;
  }

  private noteTopologies({ repulsions }: NodeInfo): void {
    if (repulsions.size === 0) return;
    for (const affinities of repulsions.values()) for (const { topology } of affinities) this.topologies.add(topology);
  }
}

function* servicesOn({ tasksByService, serviceNames }: NodeInfo): Iterable<[string, number]> {
  for (const [id, count] of tasksByService) {
    yield [id, count];
    const name = serviceNames.get(id) ?? id;
    if (name !== id) yield [name, count];
  }
}

function* repelledBy({ tasksByService, repulsions }: NodeInfo, topology: string): Iterable<[string, number]> {
  for (const [holder, affinities] of repulsions) {
    if ((tasksByService.get(holder) ?? 0) === 0) continue;
    for (const affinity of affinities) if (affinity.topology === topology) yield [affinity.service, 1];
  }
}
