import { findPredefinedNetwork, holdsAddress, isIpv6, overlap, readIpNetwork, readSubnet } from '#common/domain';
import { DomainError } from '#common/errors';
import type { IpamConfig, NetworkSpec } from '#common/proto';
import { unreadableSpec } from './api-errors';

/** A network holds 2 to the power of this at least. */
const MIN_ADDRESS_BITS = 3;
/** Docker's restriction of names. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Checks all of a network's spec that can be checked by itself.
 * @throws DomainError INVALID_ARGUMENT · PERMISSION_DENIED a name of Docker's own · UNIMPLEMENTED
 */
export function validateNetworkSpec(spec: NetworkSpec): void {
  if (spec.name === '') throw unreadableSpec('network name cannot be blank');
  if (findPredefinedNetwork(spec.name)) {
    throw new DomainError('PERMISSION_DENIED', `operation is not permitted on predefined ${spec.name} network`);
  }
  if (!NAME.test(spec.name)) throw unreadableSpec(`invalid network name: ${spec.name}: only ${NAME.source} is allowed`);
  if (spec.configOnly || spec.configFrom?.network) throw notAvailable('networks that only hold a configuration');
  if (spec.driver !== 'overlay') throw notAvailable(`networks of driver "${spec.driver || 'bridge'}" (only overlay)`);
  if (spec.scope !== '' && spec.scope !== 'swarm')
    throw unreadableSpec(`Scope: an overlay network is of scope swarm, not ${spec.scope}`);
  if (spec.ingress && spec.attachable) throw unreadableSpec('the ingress network cannot be attachable');
  validateIpam(spec);
}

function validateIpam({ ipam, enableIpv6 }: NetworkSpec): void {
  const driver = ipam?.driver ?? '';
  if (driver !== '' && driver !== 'default') throw notAvailable(`the IPAM driver "${driver}"`);
  const configs = ipam?.config ?? [];
  for (const config of configs) validateConfig(config);
  const ipv6 = configs.filter(({ subnet }) => isIpv6(subnet));
  if (ipv6.length > 1 || configs.length - ipv6.length > 1)
    throw notAvailable('several subnets of IPv4, or of IPv6, in a network');
  if (ipv6.length > 0 && !enableIpv6) {
    throw unreadableSpec(`invalid subnet ${ipv6[0]?.subnet ?? ''}: the network is without IPv6; set EnableIPv6 (--ipv6)`);
  }
}

function validateConfig(config: IpamConfig): void {
  const { subnet, ipRange, gateway, auxiliaryAddresses } = config;
  if (subnet === '') {
    if (ipRange || gateway || Object.keys(auxiliaryAddresses).length > 0) throw unreadableSpec('IPAM.Config.Subnet is missing');
    return;
  }
  const network = readSubnet(subnet);
  if (!network) throw unreadableSpec(`invalid subnet ${subnet}: invalid CIDR address`);
  if (network.width - network.prefix < MIN_ADDRESS_BITS)
    throw unreadableSpec(
      `invalid subnet ${subnet}: a network needs at least eight addresses (/${network.width - MIN_ADDRESS_BITS})`,
    );
  const range = ipRange === '' ? network : readSubnet(ipRange);
  if (!range || range.prefix < network.prefix || !overlap(range, network)) {
    throw unreadableSpec(`invalid ip-range ${ipRange}: it is no part of subnet ${subnet}`);
  }
  for (const [name, address] of [['gateway', gateway] as const, ...Object.entries(auxiliaryAddresses)]) {
    if (address === '') continue;
    const isInside = readIpNetwork(address) && !address.includes('/') && holdsAddress(network, address);
    if (!isInside) throw unreadableSpec(`invalid ${name} address ${address}: it is no address of subnet ${subnet}`);
  }
}

function notAvailable(what: string): DomainError {
  return new DomainError('UNIMPLEMENTED', `${what} are not available on this manager yet`);
}
