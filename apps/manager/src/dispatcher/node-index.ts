import { encryptedAddressOf } from '#common/domain';
import type { Node } from '#common/proto';
import type { ClusterView, ViewChange } from '#common/store';
import { isOneNodes } from './address-owner';

/** Nodes by what they have, and the other way round. */
class Holders {
  private readonly held = new Map<string, readonly string[]>();
  private readonly holders = new Map<string, Set<string>>();

  /** Ids of the nodes that have it. */
  of(value: string): readonly string[] {
    return [...(this.holders.get(value) ?? [])];
  }

  /** What a node has. */
  heldBy(id: string): readonly string[] {
    return this.held.get(id) ?? [];
  }

  values(): readonly string[] {
    return [...this.holders.keys()];
  }

  nodes(): readonly string[] {
    return [...this.held.keys()];
  }

  /** From now on the node has these, and nothing else. */
  set(id: string, values: readonly string[]): void {
    const before = this.heldBy(id);
    if (before.length === values.length && before.every((value, index) => value === values[index])) return;
    for (const value of before) this.remove(value, id);
    for (const value of values) this.holders.set(value, (this.holders.get(value) ?? new Set()).add(id));
    if (values.length > 0) this.held.set(id, values);
    else this.held.delete(id);
  }

  private remove(value: string, id: string): void {
    const ids = this.holders.get(value);
    ids?.delete(id);
    if (ids?.size === 0) this.holders.delete(value);
  }
}

/**
 * Recorded nodes by what only one of them can have. Kept by what has changed: thousands of agents that come back at once are not each
 * compared with all nodes.
 */
export class NodeIndex {
  /** Addresses between hosts, without those that every host has. */
  readonly addresses = new Holders();
  /** Addresses on encrypted networks. */
  readonly tunnelled = new Holders();
  /** WireGuard's public keys, the announced ones too. */
  readonly keys = new Holders();

  constructor(private readonly view: Pick<ClusterView, 'node' | 'nodes'>) {}

  /** Takes in what has changed. @returns the addresses of nodes that did: those that they had, and those that they have */
  follow(changes: readonly ViewChange[]): ReadonlySet<string> {
    if (changes.some(({ kind }) => kind === 'everything')) return this.rebuild();
    const touched = new Set<string>();
    for (const change of changes) {
      if (change.kind !== 'node') continue;
      for (const address of this.addresses.heldBy(change.id)) touched.add(address);
      this.set(change.id, this.view.node(change.id));
      for (const address of this.addresses.heldBy(change.id)) touched.add(address);
    }
    return touched;
  }

  private rebuild(): ReadonlySet<string> {
    // Every node has an address on encrypted networks; to work out all of them anew would take longest.
    for (const id of this.tunnelled.nodes()) if (!this.view.node(id)) this.set(id, undefined);
    for (const node of this.view.nodes()) this.set(node.id, node);
    return new Set(this.addresses.values());
  }

  private set(id: string, node: Node | undefined): void {
    const { wireguardKey = '', nextWireguardKey = '' } = node?.description?.networking ?? {};
    this.addresses.set(id, [node?.status?.addr ?? ''].filter(isOneNodes));
    this.keys.set(id, [...new Set([wireguardKey, nextWireguardKey])].filter(Boolean));
    // It follows from the id, and stays the same.
    if (!node) this.tunnelled.set(id, []);
    else if (this.tunnelled.heldBy(id).length === 0) this.tunnelled.set(id, [encryptedAddressOf(id)]);
  }
}
