import { holdsAddress, readIpNetwork, readSubnet, overlap, findPredefinedNetwork } from '#common/domain';
import { DomainError } from '#common/errors';
import type { IpamConfig, NetworkSpec } from '#common/proto';
import { unreadableSpec } from './refusal';

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
  if (spec.enableIpv6) throw notAvailable('overlay networks with IPv6');
  if (spec.ingress && spec.attachable) throw unreadableSpec('the ingress network cannot be attachable');
  validateIpam(spec);
}

function validateIpam({ ipam }: NetworkSpec): void {
  const driver = ipam?.driver ?? '';
  if (driver !== '' && driver !== 'default') throw notAvailable(`the IPAM driver "${driver}"`);
  const configs = ipam?.config ?? [];
  if (configs.length > 1) throw notAvailable('more than one subnet in a network');
  configs.forEach(validateConfig);
}

function validateConfig(config: IpamConfig): void {
  const { subnet, ipRange, gateway, auxiliaryAddresses } = config;
  if (subnet === '') {
    if (ipRange || gateway || Object.keys(auxiliaryAddresses).length > 0) throw unreadableSpec('IPAM.Config.Subnet is missing');
    return;
  }
  const network = readSubnet(subnet);
  if (!network) throw unreadableSpec(`invalid subnet ${subnet}: invalid CIDR address`);
  if (network.width !== 32) throw notAvailable('overlay networks with IPv6');
  if (network.prefix > 29) throw unreadableSpec(`invalid subnet ${subnet}: a network needs at least eight addresses (/29)`);
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
