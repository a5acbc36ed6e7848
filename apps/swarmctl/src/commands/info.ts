import type { CliCommand } from '../cli-command';
import { EXIT, type ExitCode } from '../exit-codes';
import { declareFlags } from '../flags/declare-flags';
import { describeInfo } from '../render/info-details';
import { addExamples, type Perform, type Tools } from './command';
import { OBJECT_FORMAT_FLAGS, type FormatFlags } from './list-flags';
import { printObject } from './print';

async function showInfo({ session, api }: Tools, flags: FormatFlags): Promise<ExitCode> {
  const info = await api.info();
  printObject(session.stdout, flags.format, info, () => describeInfo(info));
  return EXIT.ok;
}

/** Declares `swarmctl info`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show what the manager says of itself and of the swarm.')
    .action((flags: FormatFlags) => perform((tools) => showInfo(tools, flags)));
  declareFlags(command, 'Output', OBJECT_FORMAT_FLAGS);
  addExamples(command, [['swarmctl info --format json', "the API's own object, for scripts"]]);
}
