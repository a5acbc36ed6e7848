import { isCode } from '#common/errors';
import { NodeState } from '#common/domain';
import { Node, NodeSpec } from '#common/proto';
import { keys } from '#common/store';
import { decodeJson } from '#common/wire';
import { findNode } from '../lookup';
import type { ApiStore } from '../ports';
import { validateNodeRemoval, validateNodeSpec, validateRoleChange } from '../validate/node-spec';
import { outOfSequence } from '../validate/refusal';
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
    try {
      await this.store.commit(
        [{ key: keys.node(id), modRevision: version }],
        [{ kind: 'put', key: keys.node(id), value: Node.encode(node).finish() }],
      );
    } catch (error) {
      throw isCode(error, 'ABORTED') ? outOfSequence() : error;
    }
  }

  /**
   * Forgets a node; its tasks move elsewhere.
   * @throws DomainError NOT_FOUND · FAILED_PRECONDITION · as ApiStore.commit
   */
  async remove(term: string, force: boolean): Promise<void> {
    const node = findNode(this.store.view, term);
    validateNodeRemoval(node, node.status?.state === NodeState.down, force);
    await this.store.commit(
      [],
      [
        { kind: 'delete', key: keys.node(node.id) },
        { kind: 'delete', key: keys.nodeStatus(node.id) },
      ],
    );
  }
}
