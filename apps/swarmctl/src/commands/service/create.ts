import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import type { CreateRequest } from '../../flags/spec/create-spec';
import { CREATE_FLAGS, type CreateFlags } from '../../flags/tables/create-flags';
import { waitForService } from '../../progress/wait-for-service';
import { plainText } from '../../render/plain-text';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { printWarnings } from './change-service';
import { wantedByCreate } from './wanted-spec';

async function createService(tools: Tools, request: CreateRequest): Promise<ExitCode> {
  const { session, api } = tools;
  const { flags } = request;
  const { spec, auth } = await wantedByCreate(tools, request);
  const { id, warnings } = await api.createService(spec, auth);
  printWarnings(session, warnings);
  writeLine(session.stdout, plainText(id));
  if (flags.detach) return EXIT.ok;
  return waitForService(session, api, { id, name: flags.name ?? id, intent: 'deploy' }, flags);
}

const DESCRIPTION = [
  'Create a service, and wait until its tasks run and have stayed so for the update monitor time (5s).',
  'The id of the new service goes to standard output, progress to standard error.',
  "Everything after the image belongs to the container: its command and that command's own flags.",
];

/** Declares `swarmctl service create`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION.join('\n\n'))
    .argument('<image>', 'image to run, such as nginx:1.27')
    .argument('[command...]', "words after the image's entrypoint")
    .passWordsToContainer()
    .action((image: string, words: string[], flags: CreateFlags) =>
      perform((tools) => createService(tools, { image, words, flags })),
    );
  for (const [heading, table] of Object.entries(CREATE_FLAGS)) declareFlags(command, heading, table, true);
  addExamples(command, [
    ['swarmctl service create --name web --replicas 6 --publish 8080:80 nginx:1.27', 'six tasks, port 8080 on every node'],
    ['swarmctl service create --name idle busybox:latest sleep 1000000', 'a command of your own'],
    [
      'swarmctl service create --name agent --mode global --mount type=bind,src=/proc,dst=/host/proc,ro agent:2',
      'one task a node',
    ],
    [
      'swarmctl service create --name db --constraint node.labels.disk==ssd --mount src=data,dst=/data db:5',
      'only on some nodes',
    ],
    ['swarmctl service create --detach --name web nginx:1.27', 'do not wait'],
  ]);
}
