import type { OverlayEndpoint, OverlayService } from '#common/dispatcher-proto';
import { formatAddress, readIpNetwork } from '#common/domain';
import type { NetworkState } from '../network/network-state';

/** What is known of a name: its addresses, or that it has none; `elsewhere` when it is not one of ours. */
export type Known = readonly string[] | 'elsewhere';

const TASKS_PREFIX = 'tasks.';
const REVERSE_SUFFIX = '.in-addr.arpa';
const IPV6_REVERSE_SUFFIX = '.ip6.arpa';
const DIGITS_PER_GROUP = 4;

/**
 * Names on overlay networks, as each container may see them. Which network is asked about follows from who asks: the address of a
 * task on a network is its alone.
 */
export class NameTable {
  private readonly byAddress = new Map<string, OverlayEndpoint>();
  private readonly servicesByName = new Map<string, OverlayService[]>();
  private readonly endpointsByService = new Map<string, OverlayEndpoint[]>();
  /** Containers that are no tasks. */
  private readonly endpointsByName = new Map<string, OverlayEndpoint[]>();
  private readonly namesByVirtualAddress = new Map<string, string>();

  constructor({ services, endpoints }: NetworkState) {
    for (const service of services.values()) this.addService(service);
    for (const endpoint of endpoints.values()) {
      for (const { address } of endpoint.addresses) this.byAddress.set(address, endpoint);
      put(this.endpointsByService, endpoint.serviceId, endpoint);
      for (const name of endpoint.names) put(this.endpointsByName, name.toLowerCase(), endpoint);
    }
  }

  /** Whether a container on this node has the address. */
  isOn(nodeId: string, address: string): boolean {
    return this.byAddress.get(address)?.nodeId === nodeId;
  }

  /** Addresses of a name, for the container at `asker`. */
  lookUp(name: string, asker: string): Known {
    const networks = this.networksOf(asker);
    if (!networks) return 'elsewhere';
    const found = this.find(name.toLowerCase().replace(/\.$/, ''), networks);
    return found === 'elsewhere' ? found : [...new Set(found)];
  }

  /** Name servers that the container at `asker` has for names that are none of ours; undefined when it has those of its host. */
  nameserversOf(asker: string): readonly string[] | undefined {
    const { nameservers = [] } = this.byAddress.get(asker) ?? {};
    return nameservers.length > 0 ? nameservers : undefined;
  }

  /** The name of an address that is asked for backwards (`5.16.0.10.in-addr.arpa`). */
  lookUpAddress(name: string, asker: string): Known {
    const networks = this.networksOf(asker);
    const text = name.toLowerCase().replace(/\.$/, '');
    const address = addressAskedFor(text);
    if (!networks || address === undefined) return 'elsewhere';
    const virtual = this.namesByVirtualAddress.get(address);
    if (virtual !== undefined) return [virtual];
    const endpoint = this.byAddress.get(address);
    const isVisible = endpoint?.addresses.some((each) => each.address === address && networks.has(each.networkId));
    return endpoint && isVisible ? [endpoint.name] : 'elsewhere';
  }

  private addService(service: OverlayService): void {
    const names = new Set([service.name, ...service.networks.flatMap(({ aliases }) => aliases)]);
    for (const name of names) put(this.servicesByName, name.toLowerCase(), service);
    for (const { virtualAddresses } of service.networks)
      for (const address of virtualAddresses) this.namesByVirtualAddress.set(address, service.name);
  }

  private networksOf(asker: string): ReadonlySet<string> | undefined {
    const endpoint = this.byAddress.get(asker);
    return endpoint && new Set(endpoint.addresses.map(({ networkId }) => networkId));
  }

  private find(name: string, networks: ReadonlySet<string>): Known {
    const services = this.visible(name, networks);
    if (services.length > 0) return services.flatMap((service) => this.addressesOfService(service, name, networks));
    if (name.startsWith(TASKS_PREFIX)) {
      const owners = this.visible(name.slice(TASKS_PREFIX.length), networks);
      return owners.length > 0 ? owners.flatMap((service) => this.addressesOfTasks(service, networks)) : 'elsewhere';
    }
    return this.findSlot(name, networks);
  }

  /** `<slot>.<service>`, a task's whole name, or the name of a container that is no task. */
  private findSlot(name: string, networks: ReadonlySet<string>): Known {
    const [slot = '', ...rest] = name.split('.');
    const owners = /^\d+$/.test(slot) ? this.visible(rest.join('.'), networks) : [];
    if (owners.length > 0) {
      return owners.flatMap((service) => this.addressesOfTasks(service, networks, (endpoint) => endpoint.slot === Number(slot)));
    }
    const [service = ''] = name.split('.');
    const tasks = this.visible(service, networks).flatMap(({ id }) => this.endpointsByService.get(id) ?? []);
    const named = tasks.filter((endpoint) => endpoint.name.toLowerCase() === name);
    const called = [...named, ...(this.endpointsByName.get(name) ?? [])];
    const addresses = called.flatMap((endpoint) => addressesOn(endpoint, networks));
    return addresses.length > 0 ? addresses : 'elsewhere';
  }

  /** Services that go by the name on one of the networks. */
  private visible(name: string, networks: ReadonlySet<string>): OverlayService[] {
    return (this.servicesByName.get(name) ?? []).filter((service) =>
      service.networks.some((network) => networks.has(network.networkId) && goesBy(service, network.aliases, name)),
    );
  }

  private addressesOfService(service: OverlayService, name: string, networks: ReadonlySet<string>): string[] {
    const here = service.networks.filter(({ networkId, aliases }) => networks.has(networkId) && goesBy(service, aliases, name));
    const virtual = here.flatMap(({ virtualAddresses }) => virtualAddresses);
    return virtual.length > 0 ? virtual : this.addressesOfTasks(service, new Set(here.map(({ networkId }) => networkId)));
  }

  private addressesOfTasks(
    { id }: OverlayService,
    networks: ReadonlySet<string>,
    isWanted: (endpoint: OverlayEndpoint) => boolean = () => true,
  ): string[] {
    const serving = (this.endpointsByService.get(id) ?? []).filter((endpoint) => endpoint.serving && isWanted(endpoint));
    return serving.flatMap((endpoint) => addressesOn(endpoint, networks));
  }
}

/** The address that a name for asking backwards stands for. */
function addressAskedFor(name: string): string | undefined {
  const labels = (suffix: string): string[] => name.slice(0, -suffix.length).split('.').reverse();
  if (name.endsWith(REVERSE_SUFFIX)) return labels(REVERSE_SUFFIX).join('.');
  if (!name.endsWith(IPV6_REVERSE_SUFFIX)) return undefined;
  const digits = labels(IPV6_REVERSE_SUFFIX);
  const groups = Array.from({ length: digits.length / DIGITS_PER_GROUP }, (_, index) =>
    digits.slice(index * DIGITS_PER_GROUP, (index + 1) * DIGITS_PER_GROUP).join(''),
  );
  const network = readIpNetwork(groups.join(':'));
  return network && formatAddress(network.bits, network.width);
}

function goesBy(service: OverlayService, aliases: readonly string[], name: string): boolean {
  return service.name.toLowerCase() === name || aliases.some((alias) => alias.toLowerCase() === name);
}

function addressesOn({ addresses }: OverlayEndpoint, networks: ReadonlySet<string>): string[] {
  return addresses.filter(({ networkId }) => networks.has(networkId)).map(({ address }) => address);
}

function put<V>(map: Map<string, V[]>, key: string, value: V): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
