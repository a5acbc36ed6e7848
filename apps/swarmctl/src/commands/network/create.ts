import { NetworkSpec } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, toggle, type FlagValues } from '../../flags/flag';
import { ipAddress, namedAddress, subnet } from '../../flags/values/addresses';
import { pair, text } from '../../flags/values/text';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';

const NETWORK_FLAGS = {
  driver: one(text('driver', 'overlay'), 'What makes the network', { short: 'd', unset: 'overlay' }),
  label: many(pair('team=shop'), 'Label of the network'),
  opt: many(pair('com.docker.network.driver.mtu=1400'), 'Option of the driver', { short: 'o' }),
  internal: toggle('Without a way to the outside'),
  attachable: toggle('Open to containers that are no tasks'),
  ingress: toggle('Carries connections to published ports; there is one such network'),
} as const;

const ADDRESS_FLAGS = {
  subnet: one(subnet, 'Addresses of the network; the next free ones unless told'),
  gateway: one(ipAddress, 'Address of the hosts on the network; the first unless told'),
  ipRange: one(subnet, 'Part of the subnet that tasks get addresses from'),
  auxAddress: many(namedAddress, 'Address that something else has, which no task gets'),
} as const;

type CreateFlags = FlagValues<typeof NETWORK_FLAGS> & FlagValues<typeof ADDRESS_FLAGS>;

function toSpec(name: string, flags: CreateFlags): NetworkSpec {
  const auxiliaryAddresses = Object.fromEntries(flags.auxAddress ?? []);
  const config = {
    subnet: flags.subnet ?? '',
    gateway: flags.gateway ?? '',
    ipRange: flags.ipRange ?? '',
    auxiliaryAddresses,
  };
  const isAny = flags.subnet ?? flags.gateway ?? flags.ipRange ?? flags.auxAddress;
  return NetworkSpec.fromPartial({
    name,
    driver: flags.driver ?? 'overlay',
    internal: flags.internal ?? false,
    attachable: flags.attachable ?? false,
    ingress: flags.ingress ?? false,
    labels: Object.fromEntries(flags.label ?? []),
    options: Object.fromEntries(flags.opt ?? []),
    ipam: { driver: 'default', config: isAny === undefined ? [] : [config] },
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
