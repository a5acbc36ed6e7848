import { defaultGateway, INGRESS_NETWORK, nextSubnet, type SubnetPool } from '#common/domain';
import { isCode } from '#common/errors';
import { newId } from '#common/identity';
import { NetworkSpec } from '#common/proto';
import { creationOfNetwork, type ClusterStore } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';

/** The first leader ever makes the network that carries connections to published ports. Who removed it wants none. */
export function ensureIngressNetwork(store: ClusterStore, pool: SubnetPool): (term: LeaderTerm) => Promise<void> {
  return async (term) => {
    const { view } = store;
    if (view.networkClaimsRevision() !== 0) return;
    const hosts = view.managers().map(({ agentAddress }) => agentAddress.replace(/:\d+$/, ''));
    const subnet = nextSubnet(pool, hosts) ?? '';
    const spec = NetworkSpec.fromPartial({
      name: INGRESS_NETWORK,
      driver: 'overlay',
      scope: 'swarm',
      ingress: true,
      ipam: { driver: 'default', config: [{ subnet, gateway: defaultGateway(subnet) ?? '' }] },
    });
    const { guards, writes } = creationOfNetwork(view, { id: newId(), createdAt: new Date().toISOString(), spec });
    try {
      await term.commit(guards, writes);
    } catch (error) {
      if (!isCode(error, 'ABORTED')) throw error;
    }
  };
}
