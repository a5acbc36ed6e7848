import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import { addExamples, type Perform } from '../command';
import { LOG_FLAGS, printLogs, type LogFlags } from '../logs/print-logs';

/** Declares `swarmctl task logs`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show what a task has written, on whatever node it is.')
    .argument('<task>', 'id or name of a task, such as web.3')
    .action((reference: string, flags: LogFlags) =>
      perform(async (tools) => {
        const { id, spec } = (await tools.api.task(reference)).object;
        return printLogs(tools, { collection: 'tasks', id, isTerminal: spec?.containerSpec?.tty === true }, flags);
      }),
    );
  declareFlags(command, 'Log', LOG_FLAGS);
  addExamples(command, [['swarmctl task logs --raw web.3', 'only what it wrote']]);
}
