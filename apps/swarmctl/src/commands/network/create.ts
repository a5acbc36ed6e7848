import { holdsAddress, readIpNetwork, withoutPrefix } from '#common/domain';
import { NetworkSpec, type IpamConfig } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { badValue, many, one, toggle, type FlagValues } from '../../flags/flag';
import { ipAddress, namedAddress, subnet } from '../../flags/values/addresses';
import { pair, text } from '../../flags/values/text';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';

const NETWORK_FLAGS = {
  driver: one(text('driver', 'overlay'), 'What makes the network', { short: 'd', unset: 'overlay' }),
  label: many(pair('team=shop'), 'Label of the network'),
  opt: many(pair('com.docker.network.driver.mtu=1400'), 'Option of the driver', { short: 'o' }),
  ipv6: toggle('With IPv6 beside IPv4'),
  internal: toggle('Without a way to the outside'),
  attachable: toggle('Open to containers that are no tasks'),
  ingress: toggle('Carries connections to published ports; there is one such network'),
} as const;

const ADDRESS_FLAGS = {
  subnet: many(subnet, 'Addresses of the network, one range of each kind; the next free ones unless told'),
  gateway: many(ipAddress, 'Address of the hosts on the network; the first of its range unless told'),
  ipRange: many(subnet, 'Part of a subnet that tasks get addresses from'),
  auxAddress: many(namedAddress, 'Address that something else has, which no task gets'),
} as const;

type CreateFlags = FlagValues<typeof NETWORK_FLAGS> & FlagValues<typeof ADDRESS_FLAGS>;

/** Each subnet with what belongs to it. @throws DomainError INVALID_ARGUMENT for what belongs to none */
function toIpamConfigs({ subnet = [], gateway = [], ipRange = [], auxAddress = [] }: CreateFlags): IpamConfig[] {
  const configs = subnet.map((text): IpamConfig => ({ subnet: text, gateway: '', ipRange: '', auxiliaryAddresses: {} }));
  const owner = (what: string, address: string): IpamConfig => {
    const holds = ({ subnet: text }: IpamConfig): boolean => {
      const network = readIpNetwork(text);
      return network !== undefined && holdsAddress(network, withoutPrefix(address));
    };
    const found = configs.find(holds);
    if (!found) throw badValue(`no matching subnet for ${what} ${address}: give it with --subnet`);
    return found;
  };
  for (const address of gateway) owner('gateway', address).gateway = address;
  for (const range of ipRange) owner('ip-range', range).ipRange = range;
  for (const [name, address] of auxAddress) owner('aux-address', address).auxiliaryAddresses[name] = address;
  return configs;
}

function toSpec(name: string, flags: CreateFlags): NetworkSpec {
  return NetworkSpec.fromPartial({
    name,
    driver: flags.driver ?? 'overlay',
    enableIpv6: flags.ipv6 ?? false,
    internal: flags.internal ?? false,
    attachable: flags.attachable ?? false,
    ingress: flags.ingress ?? false,
    labels: Object.fromEntries(flags.label ?? []),
    options: Object.fromEntries(flags.opt ?? []),
    ipam: { driver: 'default', config: toIpamConfigs(flags) },
  });
}

async function createNetwork({ session, api }: Tools, name: string, flags: CreateFlags): Promise<ExitCode> {
  writeLine(session.stdout, await api.createNetwork(toSpec(name, flags)));
  return EXIT.ok;
}

/** Declares `swarmctl network create`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Create a network on which services reach each other by name, on whichever hosts their tasks run.')
    .argument('<name>', 'name of the network')
    .action((name: string, flags: CreateFlags) => perform((tools) => createNetwork(tools, name, flags)));
  declareFlags(command, 'Network', NETWORK_FLAGS);
  declareFlags(command, 'Addresses', ADDRESS_FLAGS);
  addExamples(command, [
    ['swarmctl network create back', 'with the next free addresses'],
    ['swarmctl network create --subnet 10.40.0.0/16 --internal back', 'with addresses of your choice, closed to the outside'],
  ]);
}
