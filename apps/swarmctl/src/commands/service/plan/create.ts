import type { CliCommand } from '../../../cli-command';
import type { ExitCode } from '../../../exit-codes';
import { declareFlags } from '../../../flags/declare-flags';
import type { CreateRequest } from '../../../flags/spec/create-spec';
import { CREATE_FLAGS, type CreateFlags } from '../../../flags/tables/create-flags';
import { addExamples, type Perform, type Tools } from '../../command';
import { WORD_FORMAT_FLAGS, type FormatFlags } from '../../list-flags';
import { wantedByCreate } from '../wanted-spec';
import { PLAN_EXIT_HELP, printPlan } from './print-plan';

// A plan waits for nothing.
const { Waiting: _waiting, ...FLAGS } = CREATE_FLAGS;

async function planCreate(tools: Tools, request: CreateRequest, flags: FormatFlags): Promise<ExitCode> {
  const { spec } = await wantedByCreate(tools, request);
  return printPlan(tools, await tools.api.plan(spec), spec, flags);
}

const DESCRIPTION = `Show what 'service create' with the same flags would do: how many tasks would start on which nodes, and why others would not.`;

/** Declares `swarmctl service plan create`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(`${DESCRIPTION}\n\n${PLAN_EXIT_HELP}`)
    .argument('<image>', 'image to run, such as nginx:1.27')
    .argument('[command...]', "words after the image's entrypoint")
    .passWordsToContainer()
    .action((image: string, words: string[], flags: CreateFlags & FormatFlags) =>
      perform((tools) => planCreate(tools, { image, words, flags }, flags)),
    );
  declareFlags(command, 'Output', WORD_FORMAT_FLAGS);
  for (const [heading, table] of Object.entries(FLAGS)) declareFlags(command, heading, table, true);
  addExamples(command, [
    ['swarmctl service plan create --replicas 6 --reserve-memory 2g nginx:1.27', 'is there room for six tasks of this size'],
    ['swarmctl service plan create --format json --mode global agent:2', 'for scripts: every task with its node or its reason'],
  ]);
}
