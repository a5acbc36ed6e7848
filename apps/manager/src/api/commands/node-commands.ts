import { NodeState } from '#common/domain';
import { Node, NodeSpec, RemovedNode } from '#common/proto';
import { keys, type Guard } from '#common/store';
import { decodeJson } from '#common/wire';
import { findNode } from '../lookup';
import type { ApiStore } from '../ports';
import { nodeNotDown, validateNodeRemoval, validateNodeSpec, validateRoleChange } from '../validate/validate-node';
import { outOfSequence } from '../validate/api-errors';
import { commitOr } from './commit-or';
import { requireRoom } from './require-room';
import { untilViewHas } from './until-view-has';

/** What an update is based on, and the parsed JSON of the new spec. */
export interface NodeUpdate {
  term: string;
  version: number;
  body: unknown;
}

/** Writes nodes' specs, and removes nodes that are gone. */
export class NodeCommands {
  constructor(
    private readonly store: ApiStore,
    private readonly now: () => Date,
  ) {}

  /**
   * Replaces the spec.
   * @throws DomainError INVALID_ARGUMENT · NOT_FOUND · FAILED_PRECONDITION · ABORTED the version is not the newest
   */
  async update({ term, version, body }: NodeUpdate): Promise<void> {
    const spec = NodeSpec.fromJSON(decodeJson('NodeSpec', body));
    validateNodeSpec(spec);
    await untilViewHas(this.store, version);
    const before = findNode(this.store.view, term);
    if (before.version?.index !== version) throw outOfSequence();
    validateRoleChange(before, spec, this.store.view.nodes());

    const { id, createdAt } = before;
    const node = Node.fromPartial({ id, createdAt, updatedAt: this.now().toISOString(), spec });
    const value = Node.encode(node).finish();
    requireRoom(this.store, { what: `the spec of node ${id}`, bytes: value.length });
    await commitOr(this.store, outOfSequence, {
      guards: [{ key: keys.node(id), modRevision: version }],
      writes: [{ kind: 'put', key: keys.node(id), value }],
    });
  }

  /** Sets how a node may be used. @throws DomainError as update */
  async setAvailability(term: string, availability: string): Promise<void> {
    const { version, spec } = findNode(this.store.view, term);
    const wanted = { ...(spec && (NodeSpec.toJSON(spec) as object)), Availability: availability };
    await this.update({ term, version: version?.index ?? 0, body: wanted });
  }

  /**
   * Forgets a node, but for its id, which may not come back; its tasks move elsewhere.
   * @throws DomainError NOT_FOUND · FAILED_PRECONDITION · as ApiStore.commit
   */
  async remove(term: string, force: boolean): Promise<void> {
    const { view } = this.store;
    const node = findNode(view, term);
    const { id } = node;
    validateNodeRemoval(node, node.status?.state === NodeState.down, force);
    // A node that comes back at this very moment is not down any more.
    const stillDown: Guard = { key: keys.nodeStatus(id), modRevision: view.observedNode(id)?.modRevision ?? 0 };
    const record = RemovedNode.encode({ removedAt: this.now().toISOString() }).finish();
    await commitOr(this.store, () => nodeNotDown(id), {
      guards: force ? [] : [stillDown],
      evenWhenFull: true,
      writes: [
        { kind: 'delete', key: keys.node(id) },
        { kind: 'delete', key: keys.nodeStatus(id) },
        { kind: 'put', key: keys.removedNode(id), value: record },
      ],
    });
  }
}
