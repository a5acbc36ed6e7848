import type { EndpointSpec, NetworkAttachmentConfig, PortConfig } from '#common/proto';
import type { ComposePort, ComposeService } from '../../compose/model';
import type { Place } from '../../compose/place';
import { DEFAULT_NETWORK } from '../../compose/references';
import { oneOf } from '../../flags/values/text';
import { parsePorts } from '../../flags/values/port';
import { objectName } from '../names';
import type { ConvertContext, ServicePlace } from './context';
import { byText, plainValues } from './name-values';

const protocols = oneOf('tcp', 'udp', 'sctp');
const modes = oneOf('ingress', 'host');
const endpointModes = oneOf('vip', 'dnsrr');

/** Networks of the host itself that a task can be on, by the network mode that says so. */
const HOST_NETWORKS: Readonly<Record<string, string>> = { host: 'host', bridge: 'bridge' };

/** The networks that a service is on, by their names in the file. */
export function networksOf({ networks, network_mode: mode }: ComposeService): readonly string[] {
  if (mode !== undefined && Object.hasOwn(HOST_NETWORKS, mode)) return [];
  const names = Object.keys(networks ?? {});
  return names.length === 0 ? [DEFAULT_NETWORK] : names;
}

/** Each network by its id, under the service's own name and its aliases. */
export function toNetworks(
  service: ComposeService,
  { name }: ServicePlace,
  { stack, model, ids }: ConvertContext,
): NetworkAttachmentConfig[] {
  const host = HOST_NETWORKS[service.network_mode ?? ''];
  if (host !== undefined) return [{ target: ids.network(host), aliases: [], driverOpts: {} }];
  const attachments = networksOf(service).map((key) => {
    const { aliases = [], driver_opts: driverOpts } = service.networks?.[key] ?? {};
    const target = objectName(stack, key, model.networks[key] ?? {});
    return { target, aliases: [...aliases, name], driverOpts: plainValues(driverOpts) };
  });
  attachments.sort(byText(({ target }) => target));
  return attachments.map((attachment) => ({ ...attachment, target: ids.network(attachment.target) }));
}

function toPorts(port: ComposePort, place: Place): PortConfig[] {
  const { name = '', target, published, protocol, mode } = port;
  const publishMode = place.at('mode').read(mode, (text) => modes.parse(text));
  const spelling = published === undefined ? String(target) : `${published}:${target}`;
  return place.read(spelling, parsePorts).map((config) => ({
    ...config,
    name,
    publishMode,
    protocol: place.at('protocol').read(protocol, (text) => protocols.parse(text)),
  }));
}

/** How a service is reached. */
export function toEndpoint({ ports = [], deploy }: ComposeService, place: Place): EndpointSpec {
  const mode = deploy?.endpoint_mode ?? 'vip';
  const all = ports.flatMap((port, index) => toPorts(port, place.at('ports', index)));
  return {
    mode: place.at('deploy', 'endpoint_mode').read(mode, (text) => endpointModes.parse(text)),
    ports: all.sort((a, b) => a.publishedPort - b.publishedPort || a.targetPort - b.targetPort),
  };
}
