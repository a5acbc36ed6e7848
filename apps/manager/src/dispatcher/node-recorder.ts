import { NodeState } from '#common/domain';
import { isCode } from '#common/errors';
import type { Logger } from '#common/logging';
import type { Hello } from '#common/dispatcher-proto';
import { Node, ObservedNode } from '#common/proto';
import { keys, type ClusterStore, type Guard, type Write } from '#common/store';
import { connectedNode, lostNode, newNode, type Arrival } from './node-record';

/** Writes what managers know of nodes: `node-status/<id>`, and `nodes/<id>` at a node's first hello. */
export class NodeRecorder {
  constructor(
    private readonly store: ClusterStore,
    private readonly logger: Logger,
  ) {}

  /** Records that the node holds a stream here, creating it at its first hello. @throws DomainError as ClusterStore.commit */
  async connected(hello: Hello, arrival: Arrival): Promise<void> {
    const { nodeId } = hello;
    const isNew = this.store.view.node(nodeId) === undefined;
    const guards: Guard[] = [
      ...this.bindingGuard(hello),
      isNew ? { key: keys.node(nodeId), createRevision: 0 } : { key: keys.node(nodeId), exists: true },
      // One that is removed at this very moment does not come back by a hello that was on its way.
      { key: keys.removedNode(nodeId), createRevision: 0 },
    ];
    const node = Node.encode(newNode(hello, arrival, new Date())).finish();
    const creation: Write[] = isNew ? [{ kind: 'put', key: keys.node(nodeId), value: node }] : [];
    await this.store.commit(guards, [...creation, putStatus(nodeId, connectedNode(hello, arrival))]);
    this.logger.info({ nodeId, hostname: hello.description?.hostname, isNew }, 'node is ready');
  }

  /**
   * The first agent that comes with a key is the node from then on. Until that is recorded two may be taken for it: of those one is
   * refused here, and a record that has got a key meanwhile does not lose it.
   */
  private bindingGuard({ nodeId, nodeKey }: Hello): Guard[] {
    const known = this.store.view.observedNode(nodeId);
    const isBound = known?.observed.nodeKey !== undefined && nodeKey !== undefined && known.observed.nodeKey.equals(nodeKey);
    if (isBound) return [];
    const key = keys.nodeStatus(nodeId);
    return [known ? { key, modRevision: known.modRevision } : { key, createRevision: 0 }];
  }

  /** Whether the record says that the node is ready on this very stream. */
  isRecordedReady(nodeId: string, sessionId: string): boolean {
    const observed = this.store.view.observedNode(nodeId)?.observed;
    return observed?.sessionId === sessionId && observed.status?.state === NodeState.ready;
  }

  /** Records that the node is down, unless somebody else has written about it since. */
  async lost(nodeId: string, managerId: string, reason: string): Promise<void> {
    const known = this.store.view.observedNode(nodeId);
    if (known?.observed.managerId !== managerId || known.observed.status?.state !== NodeState.ready) return;
    await this.down(nodeId, known, reason);
  }

  /** Records that another node has the address of this one, whoever wrote about it last. Idempotent. */
  async superseded(nodeId: string, reason: string): Promise<void> {
    const known = this.store.view.observedNode(nodeId);
    const { state, message } = known?.observed.status ?? {};
    if (!known || (state === NodeState.down && message === reason)) return;
    await this.down(nodeId, known, reason);
  }

  private async down(nodeId: string, known: { observed: ObservedNode; modRevision: number }, reason: string): Promise<void> {
    try {
      await this.store.commit(
        [{ key: keys.nodeStatus(nodeId), modRevision: known.modRevision }],
        [putStatus(nodeId, lostNode(known.observed, reason, new Date()))],
      );
      this.logger.warn({ nodeId, reason }, 'node is down');
    } catch (error) {
      if (!isCode(error, 'ABORTED')) throw error;
    }
  }
}

function putStatus(nodeId: string, observed: ObservedNode): Write {
  return { kind: 'put', key: keys.nodeStatus(nodeId), value: ObservedNode.encode(observed).finish() };
}
