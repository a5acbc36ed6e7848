import type { ManagerApi } from '../manager-api';

/** Host names by node id. */
export async function nodeNames(api: ManagerApi): Promise<ReadonlyMap<string, string>> {
  const nodes = await api.nodes();
  return new Map(nodes.map(({ object }) => [object.id, object.description?.hostname || object.id]));
}
