import { roleOf } from '#common/domain';
import type { Node } from '#common/proto';

const NODE_LABEL = 'node.labels.';
const ENGINE_LABEL = 'engine.labels.';

/** What a key means on a node; undefined for what the node does not have, and for a key that means nothing. */
export function attributeOf(key: string, node: Node): string | undefined {
  switch (key.toLowerCase()) {
    case 'node.id':
      return node.id;
    case 'node.hostname':
      return node.description?.hostname || undefined;
    case 'node.ip':
      return node.status?.addr || undefined;
    case 'node.role':
      return roleOf(node);
    case 'node.platform.os':
      return node.description?.platform?.os || undefined;
    case 'node.platform.arch':
      return node.description?.platform?.architecture || undefined;
    default:
      return labelOf(key, node);
  }
}

function labelOf(key: string, node: Node): string | undefined {
  const lower = key.toLowerCase();
  if (lower.startsWith(NODE_LABEL)) return own(node.spec?.labels, key.slice(NODE_LABEL.length));
  if (lower.startsWith(ENGINE_LABEL)) return own(node.description?.engine?.labels, key.slice(ENGINE_LABEL.length));
  return undefined;
}

/** A label may have the name of something that every object inherits. */
function own(labels: Record<string, string> | undefined, name: string): string | undefined {
  return labels && Object.hasOwn(labels, name) ? labels[name] : undefined;
}
