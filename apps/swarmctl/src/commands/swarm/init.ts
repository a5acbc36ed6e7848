import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, type FlagValues } from '../../flags/flag';
import { subnet } from '../../flags/values/addresses';
import { count } from '../../flags/values/numbers';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { showUnlockKey } from './show-unlock-key';
import { SETTINGS_FLAGS, toSpec, type SettingsFlags } from './settings';

const INIT_FLAGS = {
  defaultAddrPool: many(subnet, 'Where the subnets of networks come from that name none; 10.0.0.0/8 unless told'),
  defaultAddrPoolMaskLength: one(count, 'How large those subnets are', { unset: '20' }),
} as const;

type InitFlags = SettingsFlags & FlagValues<typeof INIT_FLAGS>;

async function initSwarm({ session, api }: Tools, flags: InitFlags): Promise<ExitCode> {
  const nodeId = await api.swarm.init({
    addressPools: flags.defaultAddrPool,
    subnetSize: flags.defaultAddrPoolMaskLength,
    spec: toSpec({}, flags),
  });
  writeLine(session.stdout, `Swarm initialized: the manager's node is ${nodeId}.`);
  if (flags.autolock) showUnlockKey({ session }, await api.swarm.unlockKey());
  return EXIT.ok;
}

/** Declares `swarmctl swarm init`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Make a cluster of a manager that waits for one. Agents that know the manager become its nodes.')
    .action((flags: InitFlags) => perform((tools) => initSwarm(tools, flags)));
  declareFlags(command, 'Settings', { ...SETTINGS_FLAGS, ...INIT_FLAGS }, true);
  addExamples(command, [
    ['swarmctl swarm init', 'with the usual settings'],
    ['swarmctl swarm init --default-addr-pool 10.64.0.0/12', 'with networks from addresses of your own'],
  ]);
}
