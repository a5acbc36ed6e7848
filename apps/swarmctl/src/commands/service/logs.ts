import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import { addExamples, type Perform } from '../command';
import { LOG_FLAGS, printLogs, type LogFlags } from '../logs/print-logs';

/** Declares `swarmctl service logs`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show what the tasks of a service have written, on whatever nodes they are.')
    .argument('<service>', 'id or name of a service')
    .action((reference: string, flags: LogFlags) =>
      perform(async (tools) => {
        const { id, spec } = (await tools.api.service(reference)).object;
        const isTerminal = spec?.taskTemplate?.containerSpec?.tty === true;
        return printLogs(tools, { collection: 'services', id, isTerminal }, flags);
      }),
    );
  declareFlags(command, 'Log', LOG_FLAGS);
  addExamples(command, [
    ['swarmctl service logs -f --tail 10 web', 'the last lines of each task, and all that come'],
    ['swarmctl service logs --since 10m -t web', 'the last ten minutes, with times'],
  ]);
}
