import { attributeOf } from './node-attribute';
import type { NodeInfo } from './node-info';

/** What a node adds to a tally: names and how often each is there. */
export type ItemsOf = (info: NodeInfo) => Iterable<readonly [name: string, count: number]>;

/**
 * Counts things by the domain that their node is in: the value of one key, such as a zone. Nodes without the label are a domain of
 * their own, as they are when tasks are spread.
 */
export class DomainTally {
  private readonly domains = new Map<string, Map<string, number>>();
  private readonly everywhere = new Map<string, number>();

  constructor(
    private readonly topology: string,
    private readonly itemsOf: ItemsOf,
    infos: Iterable<NodeInfo>,
  ) {
    for (const info of infos) this.change(info, 1);
  }

  /** How often the name is in the node's domain. */
  countBeside(name: string, info: NodeInfo): number {
    return this.domains.get(this.domainOf(info))?.get(name) ?? 0;
  }

  countEverywhere(name: string): number {
    return this.everywhere.get(name) ?? 0;
  }

  /** A node is known anew. */
  replace(before: NodeInfo | undefined, after: NodeInfo): void {
    if (before) this.change(before, -1);
    this.change(after, 1);
  }

  private change(info: NodeInfo, sign: 1 | -1): void {
    const domain = this.domainOf(info);
    const counts = this.domains.get(domain) ?? new Map<string, number>();
    this.domains.set(domain, counts);
    for (const [name, count] of this.itemsOf(info)) {
      counts.set(name, (counts.get(name) ?? 0) + sign * count);
      this.everywhere.set(name, (this.everywhere.get(name) ?? 0) + sign * count);
    }
  }

  private domainOf(info: NodeInfo): string {
    return attributeOf(this.topology, info.node) ?? '';
  }
}
