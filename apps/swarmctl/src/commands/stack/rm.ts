import { nanosToMs } from '#common/domain';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { WAIT_FLAGS, type WaitFlags } from '../../flags/tables/shared-flags';
import { removals, removeObjects } from '../../stack/remove-stack';
import { readCluster, stackIn } from '../../stack/stack-state';
import { waitUntilGone } from '../../stack/wait-until-gone';
import { addExamples, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { nothingIn } from './stack-names';

async function remove(tools: Tools, stack: string, flags: WaitFlags): Promise<ExitCode> {
  const present = stackIn(await readCluster(tools.api, stack), stack);
  const all = removals(present, new Set());
  if (all.length === 0) throw nothingIn(stack);
  const code = await removeObjects(tools, all);
  if (code !== EXIT.ok || flags.detach) return code;
  const timeoutMs = flags.timeout === undefined ? undefined : nanosToMs(flags.timeout);
  const serviceIds = present.services.map(({ id }) => id);
  return waitUntilGone(tools, stack, serviceIds, { quiet: flags.quiet ?? false, timeoutMs });
}

/** Declares `swarmctl stack rm`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Remove stacks: their services, secrets, configs and networks. Volumes stay. Waits until all tasks have stopped.',
    )
    .argument('<stack...>', 'names of stacks')
    .action((stacks: string[], flags: WaitFlags) =>
      perform((tools) => forEach(tools.session, stacks, (stack) => remove(tools, stack, flags))),
    );
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  addExamples(command, [['swarmctl stack rm shop', 'all of it']]);
}
