import type { Service } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { conflict } from '../../flags/spec/surroundings';
import { updateSpec } from '../../flags/spec/update-spec';
import { UPDATE_SERVICE_FLAGS, type UpdateFlags } from '../../flags/tables/update-flags';
import { waitForService } from '../../progress/wait-for-service';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { changeService, specOf, type Change } from './change-service';
import { pinImage } from './pin-image';
import { surroundingsOfUpdate } from './surroundings';

// With --rollback these may still be given: they are about this command, not about the service.
const ABOUT_WAITING = ['rollback', 'detach', 'quiet', 'timeout'];

async function changeFor(tools: Tools, flags: UpdateFlags): Promise<(service: Service) => Promise<Change>> {
  if (flags.rollback) {
    const other = Object.keys(flags).find((name) => !ABOUT_WAITING.includes(name));
    if (other !== undefined) throw conflict('--rollback takes no other flag that changes the service');
    return async (service) => ({ spec: specOf(service), rollback: true });
  }
  const surroundings = await surroundingsOfUpdate(tools, flags);
  return (service) => {
    const spec = updateSpec(specOf(service), flags, surroundings);
    // An image that nobody spoke of keeps the digest that it was pinned to.
    return pinImage(tools, spec, { ...flags, noResolveImage: flags.noResolveImage || flags.image === undefined });
  };
}

async function updateOne(tools: Tools, reference: string, flags: UpdateFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { id } = await changeService(tools, reference, await changeFor(tools, flags));
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
