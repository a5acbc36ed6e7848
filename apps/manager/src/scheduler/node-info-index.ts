import { isAttachment } from '#common/domain';
import type { ClusterView, ViewChange } from '#common/store';
import { toNodeInfo, type NodeInfo } from './node-info';

/** `NodeInfo` of every node, added up again only for nodes that something has changed on. */
export class NodeInfoIndex {
  private readonly infos = new Map<string, NodeInfo>();

  constructor(private readonly view: ClusterView) {}

  /** Feed every change here. */
  invalidate(change: ViewChange): void {
    if (change.kind === 'everything') this.infos.clear();
    else if (change.kind === 'node') this.infos.delete(change.id);
    else if (change.kind === 'task') for (const nodeId of change.nodeIds) this.infos.delete(nodeId);
  }

  all(): NodeInfo[] {
    return this.view.nodes().map((node) => {
      const known = this.infos.get(node.id);
      if (known) return known;
      const info = toNodeInfo(
        node,
        this.view.tasksOfNode(node.id).filter((task) => !isAttachment(task)),
      );
      this.infos.set(node.id, info);
      return info;
    });
  }
}
