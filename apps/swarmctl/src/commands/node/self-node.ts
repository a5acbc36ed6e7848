import type { Tools } from '../command';

interface SwarmInfo {
  readonly Swarm?: { readonly NodeID?: unknown };
}

/** Id of the node that the manager runs on; empty when it runs on none. */
export async function selfNodeId({ api }: Tools): Promise<string> {
  const { Swarm }: SwarmInfo = await api.info();
  return typeof Swarm?.NodeID === 'string' ? Swarm.NodeID : '';
}
