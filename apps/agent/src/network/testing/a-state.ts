import { defaultGateway } from '#common/domain';
import { NetworkChanges } from '#common/dispatcher-proto';
import { applyNetworkChanges, NO_NETWORKS, type NetworkState } from '../network-state';

type Parts = Parameters<typeof NetworkChanges.fromPartial>[0];

/** Two nodes with addresses 10.77.0.11 (`n1`) and 10.77.0.12 (`n2`), and what a test adds. */
export function aState(parts: Parts = {}): NetworkState {
  const nodes = [
    { id: 'n1', hostname: 'one', address: '10.77.0.11' },
    { id: 'n2', hostname: 'two', address: '10.77.0.12' },
  ];
  return applyNetworkChanges(NO_NETWORKS, NetworkChanges.fromPartial({ complete: true, nodes, ...parts }));
}

/** A network with a /24 of its own; `vxlanId` 0x10001 unless told. */
export function aNetwork(
  id: string,
  subnet: string,
  fields: { ingress?: boolean; internal?: boolean; vxlanId?: number; ipv6?: string; options?: Record<string, string> } = {},
): object {
  const { vxlanId = 0x10001, ipv6, ...spec } = fields;
  const config = [subnet, ...(ipv6 ? [ipv6] : [])].map((each) => ({ subnet: each, gateway: defaultGateway(each) }));
  return { id, vxlanId, spec: { name: id, ipam: { config }, ...spec } };
}

/** A task of `web` with an address on a network. */
export function anEndpoint(
  taskId: string,
  nodeId: string,
  places: Readonly<Record<string, string>>,
  fields: object = {},
): object {
  const addresses = Object.entries(places).map(([networkId, address]) => ({ networkId, address }));
  return { taskId, serviceId: 'web', nodeId, name: `web.1.${taskId}`, slot: 1, addresses, serving: true, ...fields };
}
