import type { CliCommand } from '../cli-command';
import { EXIT, type ExitCode } from '../exit-codes';
import { declareFlags } from '../flags/declare-flags';
import { renderJson } from '../render/json';
import { describeInfo } from '../render/info-details';
import { renderDetails } from '../render/table';
import { writeLine } from '../session';
import { addExamples, type Perform, type Tools } from './command';
import { FORMAT_FLAGS, type FormatFlags } from './list-flags';
import { printLines } from './print';

async function showInfo({ session, api }: Tools, flags: FormatFlags): Promise<ExitCode> {
  const info = await api.info();
  if (flags.format === 'json') writeLine(session.stdout, renderJson(info));
  else printLines(session.stdout, renderDetails(describeInfo(info)));
  return EXIT.ok;
}

/** Declares `swarmctl info`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show what the manager says of itself and of the swarm.')
    .action((flags: FormatFlags) => perform((tools) => showInfo(tools, flags)));
  declareFlags(command, 'Output', FORMAT_FLAGS);
  addExamples(command, [['swarmctl info --format json', "the API's own object, for scripts"]]);
}
