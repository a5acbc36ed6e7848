import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import { toggle } from '../../flags/flag';
import { describeNetwork } from '../../render/network-details';
import { addExamples, type Perform } from '../command';
import { INSPECT_FLAGS, inspectAll, isPretty, type InspectFlags } from '../inspect-flags';

const NETWORK_FLAGS = {
  ...INSPECT_FLAGS,
  verbose: toggle('Show the services and tasks on the networks too; --pretty always does', { short: 'v' }),
} as const;

/** Declares `swarmctl network inspect`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show everything about networks.')
    .argument('<network...>', 'ids or names of networks')
    .action((networks: string[], flags: InspectFlags & { readonly verbose?: boolean }) =>
      perform(({ session, api }) =>
        inspectAll(session, networks, flags, {
          find: (reference) => api.network(reference, flags.verbose === true || isPretty(flags)),
          describe: describeNetwork,
        }),
      ),
    );
  declareFlags(command, 'Output', NETWORK_FLAGS);
  addExamples(command, [
    ['swarmctl network inspect back', 'one JSON array, as the API has it'],
    ['swarmctl network inspect --pretty back', 'who is on it, for people'],
  ]);
}
