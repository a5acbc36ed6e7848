import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import { describeNode } from '../../render/node-details';
import { addExamples, type Perform } from '../command';
import { INSPECT_FLAGS, inspectAll, type InspectFlags } from '../inspect-flags';
import { selfNodeId } from './self-node';

const SELF = 'self';

/** Declares `swarmctl node inspect`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show everything about nodes.')
    .argument('<node...>', `ids or host names of nodes; ${SELF} is the one that the manager runs on`)
    .action((nodes: string[], flags: InspectFlags) =>
      perform(({ session, api }) =>
        inspectAll(session, nodes, flags, {
          find: async (reference) => api.node(reference === SELF ? await selfNodeId({ session, api }) : reference),
          describe: describeNode,
        }),
      ),
    );
  declareFlags(command, 'Output', INSPECT_FLAGS);
  addExamples(command, [
    ['swarmctl node inspect n1', 'one JSON array, as the API has it'],
    ['swarmctl node inspect --pretty self', 'for people'],
  ]);
}
