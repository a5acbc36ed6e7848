import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { UPDATE_SERVICE_FLAGS, type UpdateFlags } from '../../flags/tables/update-flags';
import { waitForService } from '../../progress/wait-for-service';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { changeService } from './change-service';
import { wantedByUpdate } from './wanted-spec';

async function updateOne(tools: Tools, reference: string, flags: UpdateFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { id } = await changeService(tools, reference, await wantedByUpdate(tools, flags));
  writeLine(session.stdout, reference);
  if (flags.detach) return EXIT.ok;
  return waitForService(session, api, { id, name: reference, intent: flags.rollback ? 'rollback' : 'deploy' }, flags);
}

const DESCRIPTION = [
  'Change a service, and wait until its tasks run as wanted and have stayed so for the update monitor time.',
  'A flag that is given replaces what was there; lists are changed by --X-add and --X-rm. What no flag speaks of stays as it is.',
  'Tasks are replaced in batches, as the --update-* flags say.',
];

/** Declares `swarmctl service update`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION.join('\n\n'))
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: UpdateFlags) => perform((tools) => updateOne(tools, service, flags)));
  for (const [heading, table] of Object.entries(UPDATE_SERVICE_FLAGS)) declareFlags(command, heading, table);
  addExamples(command, [
    ['swarmctl service update --image nginx:1.28 web', 'roll out a new image'],
    ['swarmctl service update --env-add LOG_LEVEL=debug --env-rm OLD web', 'set one variable, remove another'],
    ['swarmctl service update --publish-rm 80 --publish-add 8081:80 web', 'publish elsewhere'],
    ['swarmctl service update --update-parallelism 2 --update-delay 10s --image nginx:1.28 web', 'two at a time, slowly'],
    ['swarmctl service update --force web', 'replace every task'],
    ['swarmctl service update --rollback web', 'back to the spec before'],
  ]);
}
