import type { ContainerSpec, Task } from '#common/proto';
import type { EngineAttachment } from '../overlay-engine';
import type { ApiMinor } from './api-version';

/** Since when a container's networks are described one by one: hardware addresses, and which of them has the default route. */
const ENDPOINT_MAC_API: ApiMinor = 44;
const GATEWAY_PRIORITY_API: ApiMinor = 48;

/** A network that a container is put on after it is made. */
export interface Connection {
  readonly engineNetwork: string;
  /** Body of the engine's connect call, but for the container. */
  readonly body: object;
}

/** Where the container belongs, and where it asks for names. Overlay networks have a server of their own, which asks the others. */
export function toNetworkSettings(
  { dnsConfig: dns }: ContainerSpec,
  task: Task,
  attachments: readonly EngineAttachment[],
): object {
  const [first] = attachments;
  return {
    NetworkMode: first?.engineNetwork ?? task.spec?.networks[0]?.target ?? 'default',
    Dns: first ? [first.gateway] : dns?.nameservers,
    DnsSearch: dns?.search,
    DnsOptions: dns?.options,
  };
}

/** The first network's part of the create call. */
export function toNetworkingConfig([first]: readonly EngineAttachment[], api: ApiMinor): object | undefined {
  return first && { EndpointsConfig: { [first.engineNetwork]: toEndpoint(first, api) } };
}

/** Each further network's. */
export function toConnection(attachment: EngineAttachment, api: ApiMinor): Connection {
  return { engineNetwork: attachment.engineNetwork, body: { EndpointConfig: toEndpoint(attachment, api) } };
}

/** Older engines make the hardware address of the IP address by themselves, in the way that is asked for here. */
function toEndpoint({ address, ipv6Address, mac, isDefaultRoute }: EngineAttachment, api: ApiMinor): object {
  return {
    IPAMConfig: { IPv4Address: address, ...(ipv6Address !== undefined && { IPv6Address: ipv6Address }) },
    ...(api >= ENDPOINT_MAC_API && { MacAddress: mac }),
    ...(api >= GATEWAY_PRIORITY_API && { GwPriority: isDefaultRoute ? 1 : 0 }),
  };
}
