import type { CliCommand } from '../cli-command';
import { EXIT, type ExitCode } from '../exit-codes';
import { declareFlags } from '../flags/declare-flags';
import type { Detail } from '../render/table';
import { VERSION } from '#common/version';
import { addExamples, type Perform, type Tools } from './command';
import { reportError } from './report-error';
import { OBJECT_FORMAT_FLAGS, type FormatFlags } from './list-flags';
import { printObject } from './print';

type VersionInfo = Readonly<Record<string, unknown>>;

function describe(client: VersionInfo, manager: VersionInfo | undefined): Detail[] {
  const entry = (name: string, value: unknown): Detail[] =>
    value === undefined ? [] : [{ name, value: String(value), depth: 1 }];
  const clientLines = [{ name: 'Client' }, ...entry('Version', client.Version), ...entry('Node.js', client.NodeVersion)];
  if (!manager) return clientLines;
  return [
    ...clientLines,
    { name: 'Manager' },
    ...entry('Version', manager.Version),
    ...entry('API version', manager.ApiVersion),
    ...entry('OS/Arch', [manager.Os, manager.Arch].filter((part) => part !== undefined).join('/')),
    ...entry('Git commit', manager.GitCommit || undefined),
  ];
}

async function showVersion({ session, api }: Tools, flags: FormatFlags): Promise<ExitCode> {
  const client = { Version: VERSION, NodeVersion: process.versions.node };
  let manager: VersionInfo | undefined;
  let code: ExitCode = EXIT.ok;
  try {
    manager = await api.version();
  } catch (error) {
    // The client's own version is worth knowing even when no manager answers.
    code = reportError(session, error);
  }
  printObject(session.stdout, flags.format, { Client: client, Manager: manager }, () => describe(client, manager));
  return code;
}

/** Declares `swarmctl version`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show the version of swarmctl and of the manager.')
    .action((flags: FormatFlags) => perform((tools) => showVersion(tools, flags)));
  declareFlags(command, 'Output', OBJECT_FORMAT_FLAGS);
  addExamples(command, [['swarmctl version --format json', 'for scripts']]);
}
