import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { WAIT_FLAGS, type WaitFlags } from '../../flags/tables/shared-flags';
import { waitForService } from '../../progress/wait-for-service';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { changeService, specOf } from './change-service';

async function rollBack(tools: Tools, reference: string, flags: WaitFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { id } = await changeService(tools, reference, async (service) => ({ spec: specOf(service), rollback: true }));
  writeLine(session.stdout, reference);
  if (flags.detach) return EXIT.ok;
  return waitForService(session, api, { id, name: reference, intent: 'rollback' }, flags);
}

/** Declares `swarmctl service rollback`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Go back to the spec that a service had before its last update, and wait until its tasks run.\n\nA second rollback undoes the first.',
    )
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: WaitFlags) => perform((tools) => rollBack(tools, service, flags)));
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  addExamples(command, [['swarmctl service rollback web', 'undo the last update']]);
}
