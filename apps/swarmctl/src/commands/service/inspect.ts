import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import { describeService } from '../../render/service-details';
import { addExamples, type Perform } from '../command';
import { INSPECT_FLAGS, inspectAll, type InspectFlags } from '../inspect-flags';

/** Declares `swarmctl service inspect`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show everything about services.')
    .argument('<service...>', 'names or ids of services')
    .action((services: string[], flags: InspectFlags) =>
      perform(({ session, api }) => {
        const nowMs = session.clock.wallMs();
        return inspectAll(session, services, flags, {
          find: (reference) => api.service(reference),
          describe: (service) => describeService(service, nowMs),
        });
      }),
    );
  declareFlags(command, 'Output', INSPECT_FLAGS);
  addExamples(command, [
    ['swarmctl service inspect web', 'one JSON array, as the API has it'],
    ['swarmctl service inspect --pretty web', 'for people'],
  ]);
}
