import type { EndpointSpec, NetworkAttachmentConfig, PortConfig } from '#common/proto';
import type { CreateFlags } from '../tables/create-flags';
import type { UpdateFlags } from '../tables/update-flags';
import { sortedBy, withAdded, without, type KeyOf } from './list-edits';
import { conflict, idOf, type Surroundings } from './surroundings';

// A port to remove is named by what the container sees, whatever it is published as.
const targetOf: KeyOf<PortConfig> = ({ targetPort, protocol, publishMode }) => `${targetPort}/${protocol} ${publishMode}`;
const keyOf: KeyOf<PortConfig> = (port) => `${port.publishedPort}:${targetOf(port)}`;

const byPublishedPort = (ports: PortConfig[]): PortConfig[] => [...ports].sort((a, b) => a.publishedPort - b.publishedPort);

/** How a new service is reached. */
export function newEndpoint(flags: CreateFlags): EndpointSpec {
  return { mode: flags.endpointMode ?? 'vip', ports: withAdded([], flags.publish?.flat(), keyOf) };
}

/** Applies `--endpoint-mode`, `--publish-rm` and `--publish-add`, in this order. */
export function changedEndpoint(current: EndpointSpec | undefined, flags: UpdateFlags): EndpointSpec | undefined {
  const { endpointMode, publishAdd, publishRm } = flags;
  if (endpointMode === undefined && !publishAdd && !publishRm) return current;
  const base = current ?? { mode: '', ports: [] };
  const kept = without(base.ports, publishRm?.flat().map(targetOf), targetOf);
  const ports = publishAdd || publishRm ? byPublishedPort(withAdded(kept, publishAdd?.flat(), keyOf)) : base.ports;
  return { mode: endpointMode ?? base.mode, ports };
}

const networkOf: KeyOf<NetworkAttachmentConfig> = (network) => network.target;

function withId(network: NetworkAttachmentConfig, { networkIds }: Surroundings): NetworkAttachmentConfig {
  return { ...network, target: idOf(networkIds, network.target) };
}

/** The networks of a new service, by id. */
export function newNetworks(flags: CreateFlags, surroundings: Surroundings): NetworkAttachmentConfig[] {
  const networks = (flags.network ?? []).map((network) => withId(network, surroundings));
  return sortedBy(networks, networkOf);
}

/** Applies `--network-rm` and `--network-add`, in this order. @throws DomainError INVALID_ARGUMENT when one is there already */
export function changedNetworks(
  current: NetworkAttachmentConfig[],
  { networkAdd, networkRm }: UpdateFlags,
  surroundings: Surroundings,
): NetworkAttachmentConfig[] {
  if (!networkAdd && !networkRm) return current;
  const removed = networkRm?.map((name) => idOf(surroundings.networkIds, name));
  const kept = without(current, removed, networkOf);
  const added = (networkAdd ?? []).map((network) => withId(network, surroundings));
  const again = added.findIndex((network) => kept.some((one) => one.target === network.target));
  if (again >= 0) throw conflict(`--network-add ${networkAdd?.[again]?.target}: the service is attached to it already`);
  return sortedBy([...kept, ...added], networkOf);
}
