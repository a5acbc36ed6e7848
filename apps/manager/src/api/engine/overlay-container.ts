import type { EngineEndpoint } from '#common/proto';
import { isJsonObject } from '#common/wire';
import type { JsonObject } from '../render/json-parts';

const asObject = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The network that a container is to be made on, as the body of the engine's create call names it; undefined for the usual one. */
export function wantedNetwork(body: JsonObject): string | undefined {
  const mode = asObject(body.HostConfig).NetworkMode;
  const [first] = Object.keys(asObject(asObject(body.NetworkingConfig).EndpointsConfig));
  const name = typeof mode === 'string' && mode !== '' && mode !== 'default' ? mode : first;
  return name || undefined;
}

/** What the container is to be called on the network. */
export function wantedAliases(body: JsonObject, network: string): string[] {
  return textsOf(asObject(asObject(asObject(body.NetworkingConfig).EndpointsConfig)[network]).Aliases);
}

/** The addresses that somebody wants. */
export function wantedAddresses(endpoint: unknown): string[] {
  const { IPv4Address: v4, IPv6Address: v6 } = asObject(asObject(endpoint).IPAMConfig);
  return [v4, v6].filter((address): address is string => typeof address === 'string' && address !== '');
}

/** What was said of the network in a create call. */
export function wantedEndpoint(body: JsonObject, network: string): unknown {
  return asObject(asObject(body.NetworkingConfig).EndpointsConfig)[network];
}

/** How the engine is told of the place. */
export function toEndpointSettings({ address, ipv6Address, mac }: EngineEndpoint, given: unknown): JsonObject {
  return {
    ...asObject(given),
    IPAMConfig: { IPv4Address: address, ...(ipv6Address === '' ? {} : { IPv6Address: ipv6Address }) },
    MacAddress: mac,
  };
}

/**
 * The body of a create call with the engine's network in place of the overlay network that it carries. Older versions of the API
 * take the hardware address from the container as a whole. Names are asked of the network's own server, before those of the user.
 */
export function onEngineNetwork(body: JsonObject, network: string, endpoint: EngineEndpoint): JsonObject {
  const hostConfig = asObject(body.HostConfig);
  const { [network]: given, ...others } = asObject(asObject(body.NetworkingConfig).EndpointsConfig);
  return {
    ...body,
    MacAddress: endpoint.mac,
    HostConfig: {
      ...hostConfig,
      NetworkMode: endpoint.engineNetwork,
      Dns: [endpoint.gateway, ...textsOf(hostConfig.Dns)],
    },
    NetworkingConfig: {
      EndpointsConfig: { ...others, [endpoint.engineNetwork]: toEndpointSettings(endpoint, given) },
    },
  };
}
