import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, toggle, type FlagValues } from '../../flags/flag';
import { oneOf } from '../../flags/values/text';
import { WAIT_FLAGS } from '../../flags/tables/shared-flags';
import { plainText } from '../../render/plain-text';
import { writeLine } from '../../session';
import { renderChanges } from '../../stack/change';
import { StackDeployment, type DeployOptions } from '../../stack/deploy-stack';
import { unusedKeys } from '../../stack/unused-keys';
import { addExamples, type Perform, type Tools } from '../command';
import { WORD_FORMAT_FLAGS, type FormatFlags } from '../list-flags';
import { printJson, printLines } from '../print';
import { PROJECT_FLAGS, readProject, stackName, type ProjectFlags } from './read-project';
import { requireStackName } from './stack-names';

const DEPLOY_FLAGS = {
  prune: toggle('Afterwards, if all went well, remove what the stack has and the files do not'),
  dryRun: toggle('Print what would be done, and do nothing'),
  resolveImage: one(oneOf('always', 'changed', 'never'), 'When to ask the registry which digest an image has', {
    unset: 'always',
  }),
  withRegistryAuth: toggle('Send the credentials for the registries to the nodes'),
} as const;

type DeployFlags = ProjectFlags & FlagValues<typeof DEPLOY_FLAGS> & FlagValues<typeof WAIT_FLAGS> & FormatFlags;

function toOptions({ prune, detach, quiet, timeout, resolveImage, withRegistryAuth }: DeployFlags): DeployOptions {
  return {
    prune: prune ?? false,
    detach: detach ?? false,
    quiet: quiet ?? false,
    timeout,
    resolveImage: resolveImage ?? 'always',
    withRegistryAuth: withRegistryAuth ?? false,
  };
}

async function deploy(tools: Tools, typed: string | undefined, flags: DeployFlags): Promise<ExitCode> {
  const { session } = tools;
  const project = await readProject(session, flags, typed);
  const stack = requireStackName(stackName(typed, project));
  for (const line of unusedKeys(project.model, project.place)) writeLine(session.stderr, `warning: ${plainText(line)}`);
  const deployment = new StackDeployment(tools, stack, project, toOptions(flags));
  if (!flags.dryRun) return deployment.run();
  const changes = await deployment.plan();
  if (flags.format === 'json')
    printJson(
      session.stdout,
      changes.map(({ kind, noun, name, details }) => ({ kind, noun, name, details })),
    );
  else printLines(session.stdout, renderChanges(changes).map(plainText));
  return EXIT.ok;
}

const DESCRIPTION = [
  'Make the cluster have what compose files ask for, and wait until all services run as wanted.',
  'Services come in the order of their depends_on, each when those before it are as it wants them. A second deployment only ' +
    'changes what has changed; a new value of a secret or config rolls through the services that use it.',
  'Without --compose-file, compose.yaml or docker-compose.yaml of the working folder is read. Values that nobody pinned, such as ' +
    'the number of tasks after a scaling, go back to what the files say.',
];

/** Declares `swarmctl stack deploy`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION.join('\n\n'))
    .argument('[stack]', "name of the stack; the files' own unless told")
    .action((stack: string | undefined, flags: DeployFlags) => perform((tools) => deploy(tools, stack, flags)));
  declareFlags(command, 'Files', PROJECT_FLAGS);
  declareFlags(command, 'Deployment', DEPLOY_FLAGS);
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  declareFlags(command, 'Output of --dry-run', WORD_FORMAT_FLAGS);
  addExamples(command, [
    ['swarmctl stack deploy -c compose.yaml shop', 'and wait until it runs'],
    ['swarmctl stack deploy -c compose.yaml -c prod.yaml --prune shop', 'two files, and nothing else may stay'],
    ['swarmctl stack deploy --dry-run shop', 'what would change'],
  ]);
}
