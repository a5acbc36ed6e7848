import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';
import { forEach } from '../for-each';

/** Declares `swarmctl service rm`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Remove services and stop their tasks.\n\nNothing is asked. One that cannot be removed does not keep the others from being removed.',
    )
    .argument('<service...>', 'names or ids of services')
    .action((services: string[]) =>
      perform(({ session, api }) =>
        forEach(session, services, async (service) => {
          await api.removeService(service);
          writeLine(session.stdout, service);
          return EXIT.ok;
        }),
      ),
    );
  addExamples(command, [['swarmctl service rm web api', 'two services']]);
}
