import { NetworkSpec } from '#common/proto';
import type { ComposeFile, ComposeModel, ComposeNetwork, ComposeService } from '../../compose/model';
import { DEFAULT_NETWORK } from '../../compose/references';
import { NAMESPACE_LABEL, objectName } from '../names';
import { plainValues } from './name-values';
import { networksOf } from './networks';

/** Something of the stack that is in the cluster under a name. */
export interface Named {
  /** In the file. */
  readonly key: string;
  readonly name: string;
}

/** A secret or a config that the stack brings. */
export interface OwnFile extends Named {
  readonly source: ComposeFile;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a stack needs besides its services: what it brings, and what has to be there. */
export interface StackObjects {
  readonly networks: readonly (Named & { readonly spec: NetworkSpec })[];
  readonly secrets: readonly OwnFile[];
  readonly configs: readonly OwnFile[];
  readonly external: {
    readonly networks: readonly Named[];
    readonly secrets: readonly Named[];
    readonly configs: readonly Named[];
  };
}

/** Overlays of the stack are for its services; `docker stack` makes them so, too. */
const DEFAULT_DRIVER = 'overlay';

function toNetworkSpec(name: string, network: ComposeNetwork, stack: string): NetworkSpec {
  const { driver = DEFAULT_DRIVER, ipam, internal = false, attachable = false } = network;
  const pools = (ipam?.config ?? []).map(({ subnet = '', ip_range: ipRange = '', gateway = '', aux_addresses: taken }) => ({
    subnet,
    ipRange,
    gateway,
    auxiliaryAddresses: plainValues(taken),
  }));
  return NetworkSpec.fromPartial({
    name,
    driver,
    internal,
    attachable,
    enableIpv4: network.enable_ipv4,
    enableIpv6: network.enable_ipv6 ?? false,
    options: plainValues(network.driver_opts),
    labels: { ...plainValues(network.labels), [NAMESPACE_LABEL]: stack },
    ipam: ipam ? { driver: ipam.driver ?? 'default', options: plainValues(ipam.options), config: pools } : undefined,
  });
}

const usedNetworks = (services: readonly ComposeService[]): Set<string> => new Set(services.flatMap(networksOf));
const usedFiles = (services: readonly ComposeService[], section: 'secrets' | 'configs'): Set<string> =>
  new Set(
    services.flatMap((service) => [
      ...(service[section] ?? []).map(({ source }) => source),
      ...(section === 'configs' && service.credential_spec?.config ? [service.credential_spec.config] : []),
    ]),
  );

/** What the services of a stack use: what nothing uses is not made, as with docker. */
export function stackObjects(stack: string, model: ComposeModel): StackObjects {
  const services = Object.values(model.services);
  const networks = [...usedNetworks(services)].sort().map((key) => {
    const described: ComposeNetwork = model.networks[key] ?? (key === DEFAULT_NETWORK ? {} : { external: true });
    return { key, described, name: objectName(stack, key, described) };
  });
  const filesOf = (section: 'secrets' | 'configs'): (Named & { source: ComposeFile })[] =>
    [...usedFiles(services, section)].sort().map((key) => {
      const source = model[section][key] ?? { external: true };
      return { key, source, name: objectName(stack, key, source) };
    });
  const own = (section: 'secrets' | 'configs'): OwnFile[] =>
    filesOf(section)
      .filter(({ source }) => source.external !== true)
      .map((file) => ({ ...file, labels: { ...plainValues(file.source.labels), [NAMESPACE_LABEL]: stack } }));
  const external = (section: 'secrets' | 'configs'): Named[] =>
    filesOf(section).flatMap(({ key, name, source }) => (source.external === true ? [{ key, name }] : []));
  return {
    networks: networks
      .filter(({ described }) => described.external !== true)
      .map(({ key, name, described }) => ({ key, name, spec: toNetworkSpec(name, described, stack) })),
    secrets: own('secrets'),
    configs: own('configs'),
    external: {
      networks: networks.flatMap(({ key, name, described }) => (described.external === true ? [{ key, name }] : [])),
      secrets: external('secrets'),
      configs: external('configs'),
    },
  };
}
