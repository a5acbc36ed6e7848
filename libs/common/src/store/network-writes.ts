import { FIRST_VXLAN_ID } from '../domain';
import { Network, NetworkClaims } from '../proto';
import type { ClusterView } from './cluster-view';
import { keys } from './keys';
import type { Guard, Write } from './object-store';

/** Networks are made and removed one after the other: two at once could take the same subnet. */
function claim(view: ClusterView, networkId: string): { guards: Guard[]; writes: Write[] } {
  const key = keys.networkClaims;
  const revision = view.networkClaimsRevision();
  return {
    guards: [revision === 0 ? { key, createRevision: 0 } : { key, modRevision: revision }],
    writes: [{ kind: 'put', key, value: NetworkClaims.encode({ lastNetworkId: networkId }).finish() }],
  };
}

/** What a new network writes, with a VXLAN of its own. The guards fail when any network was made or removed in the meantime. */
export function creationOfNetwork(
  view: ClusterView,
  network: Omit<Network, 'vxlanId' | 'version'>,
): { guards: Guard[]; writes: Write[] } {
  const { guards, writes } = claim(view, network.id);
  const name = keys.networkName(network.spec?.name ?? '');
  const value = Network.encode({ ...network, version: undefined, vxlanId: freeVxlanId(view.networks()) }).finish();
  return {
    guards: [...guards, { key: name, createRevision: 0 }],
    writes: [
      ...writes,
      { kind: 'put', key: keys.network(network.id), value },
      { kind: 'put', key: name, value: Buffer.from(network.id) },
    ],
  };
}

/** What the removal of a network writes; guarded like its creation. */
export function removalOfNetwork(view: ClusterView, { id, spec }: Network): { guards: Guard[]; writes: Write[] } {
  const { guards, writes } = claim(view, id);
  return {
    guards,
    writes: [...writes, { kind: 'delete', key: keys.network(id) }, { kind: 'delete', key: keys.networkName(spec?.name ?? '') }],
  };
}

function freeVxlanId(networks: readonly Network[]): number {
  const taken = new Set(networks.map(({ vxlanId }) => vxlanId));
  let id = FIRST_VXLAN_ID;
  while (taken.has(id)) id++;
  return id;
}
