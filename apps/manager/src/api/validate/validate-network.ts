import {
  ENCRYPTED_UNDERLAY_CIDR,
  findPredefinedNetwork,
  holdsAddress,
  isIpv6,
  lastAddress,
  mtuProblemOf,
  overlap,
  readIpNetwork,
  readSubnet,
  type IpNetwork,
} from '#common/domain';
import { DomainError } from '#common/errors';
import type { IpamConfig, NetworkSpec } from '#common/proto';
import { unreadableSpec } from './api-errors';

/** A network holds 2 to the power of this at least. */
const MIN_ADDRESS_BITS = 3;
/** And to the power of this at most: an IPv4 network of 16 million addresses. */
const MAX_ADDRESS_BITS = 24;
/** SwarmKit's limit of names; the engine's network has it with its id. */
const MAX_NAME = 63;
/** Of driver options and labels each. */
const MOST_ENTRIES = 128;
const MAX_ENTRY = 4_096;
/** Addresses that no network of ours can have: what they mean is settled, or we use them between hosts. */
const RESERVED: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '198.18.0.0/16',
  '224.0.0.0/3',
  '::/8',
  'fe80::/10',
  'ff00::/8',
  ENCRYPTED_UNDERLAY_CIDR,
];
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
  if (spec.name.length > MAX_NAME)
    throw unreadableSpec(`invalid network name: it has ${spec.name.length} characters, ${MAX_NAME} are the most`);
  for (const [field, entries] of Object.entries({ Options: spec.options, Labels: spec.labels })) validateEntries(field, entries);
  const mtuProblem = mtuProblemOf(spec);
  if (mtuProblem) throw unreadableSpec(`Options: ${mtuProblem}`);
  if (spec.configOnly || spec.configFrom?.network) throw notAvailable('networks that only hold a configuration');
  if (spec.driver !== 'overlay') throw notAvailable(`networks of driver "${spec.driver || 'bridge'}" (only overlay)`);
  if (spec.scope !== '' && spec.scope !== 'swarm')
    throw unreadableSpec(`Scope: an overlay network is of scope swarm, not ${spec.scope}`);
  if (spec.ingress && spec.attachable) throw unreadableSpec('the ingress network cannot be attachable');
  validateIpam(spec);
}

function validateEntries(field: string, entries: Readonly<Record<string, string>>): void {
  const all = Object.entries(entries);
  if (all.length > MOST_ENTRIES) throw unreadableSpec(`${field}: ${all.length} entries are more than ${MOST_ENTRIES}`);
  const tooLong = all.find((entry) => entry.some((text) => text.length > MAX_ENTRY || text.includes('\0')));
  if (tooLong)
    throw unreadableSpec(`${field}: ${tooLong[0].slice(0, MAX_NAME)} is longer than ${MAX_ENTRY} characters, or holds a NUL`);
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
  const reserved = RESERVED.find((text) => overlaps(text, network));
  if (reserved !== undefined) throw unreadableSpec(`invalid subnet ${subnet}: ${reserved} is reserved`);
  if (network.width === 32 && network.width - network.prefix > MAX_ADDRESS_BITS)
    throw unreadableSpec(`invalid subnet ${subnet}: /${network.width - MAX_ADDRESS_BITS} is the largest`);
  const range = ipRange === '' ? network : readSubnet(ipRange);
  if (!range || range.prefix < network.prefix || !overlap(range, network)) {
    throw unreadableSpec(`invalid ip-range ${ipRange}: it is no part of subnet ${subnet}`);
  }
  for (const [name, address] of [['gateway', gateway] as const, ...Object.entries(auxiliaryAddresses)]) {
    if (address === '') continue;
    const read = address.includes('/') ? undefined : readIpNetwork(address);
    if (!read || !holdsAddress(network, address) || isNetworks(read, network))
      throw unreadableSpec(`invalid ${name} address ${address}: it is no address of subnet ${subnet}`);
  }
  if (Object.values(auxiliaryAddresses).some((address) => gateway !== '' && sameAddress(address, gateway)))
    throw unreadableSpec(`invalid gateway address ${gateway}: it is an auxiliary address, too`);
}

function overlaps(text: string, network: IpNetwork): boolean {
  const other = readIpNetwork(text);
  return other !== undefined && overlap(other, network);
}

/** Its own first address, and in IPv4 its last, which everybody on it listens to. */
function isNetworks({ bits }: IpNetwork, network: IpNetwork): boolean {
  return bits === network.bits || (network.width === 32 && bits === lastAddress(network));
}

function sameAddress(one: string, other: string): boolean {
  return readIpNetwork(one)?.bits === readIpNetwork(other)?.bits;
}

function notAvailable(what: string): DomainError {
  return new DomainError('UNIMPLEMENTED', `${what} are not available on this manager yet`);
}
