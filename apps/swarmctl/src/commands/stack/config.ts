import { stringify } from 'yaml';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, toggle, type FlagValues } from '../../flags/flag';
import { oneOf } from '../../flags/values/text';
import { plainText } from '../../render/plain-text';
import { writeLine } from '../../session';
import { unusedKeys } from '../../stack/unused-keys';
import { addExamples, type Perform, type Tools } from '../command';
import { printJson, printLines } from '../print';
import { PROJECT_FLAGS, readProject, type ProjectFlags } from './read-project';

const OUTPUT_FLAGS = {
  format: one(oneOf('yaml', 'json'), 'Form of the output', { unset: 'yaml' }),
  services: toggle('Print the names of the services only'),
  quiet: toggle('Print nothing: only say what is wrong', { short: 'q' }),
} as const;

type ConfigFlags = ProjectFlags & FlagValues<typeof OUTPUT_FLAGS>;

async function showConfig({ session }: Pick<Tools, 'session'>, flags: ConfigFlags): Promise<ExitCode> {
  const { model, place } = await readProject(session, flags, undefined);
  for (const line of unusedKeys(model, place)) writeLine(session.stderr, `warning: ${plainText(line)}`);
  if (flags.quiet) return EXIT.ok;
  const sections = Object.entries(model).filter(
    ([, section]) => typeof section === 'string' || Object.keys(section as object).length > 0,
  );
  const shown = Object.fromEntries(sections);
  if (flags.services) printLines(session.stdout, Object.keys(model.services));
  else if (flags.format === 'json') printJson(session.stdout, shown);
  // Kept on one line however long they are: a folded text is hard to compare.
  else session.stdout.write(stringify(shown, { lineWidth: 0 }));
  return EXIT.ok;
}

/** Declares `swarmctl stack config`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Print the compose files of a stack as one: checked, merged, with variables filled in, in the long form. No manager is asked.',
    )
    .action((flags: ConfigFlags) => perform((tools) => showConfig(tools, flags)));
  declareFlags(command, 'Files', PROJECT_FLAGS);
  declareFlags(command, 'Output', OUTPUT_FLAGS);
  addExamples(command, [
    ['swarmctl stack config -c compose.yaml -c prod.yaml', 'what two files make together'],
    ['swarmctl stack config -q', 'check the files of this folder'],
  ]);
}
