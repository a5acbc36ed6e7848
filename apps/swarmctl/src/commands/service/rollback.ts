import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, type FlagValues } from '../../flags/flag';
import { WAIT_FLAGS, type WaitFlags } from '../../flags/tables/shared-flags';
import { integer } from '../../flags/values/numbers';
import type { Written } from '../../manager-api';
import { waitForService } from '../../progress/wait-for-service';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { retryOnConflict } from '../retry-on-conflict';
import { changeService, printWarnings, specOf } from './change-service';

const ROLLBACK_FLAGS = {
  to: one(
    integer(1, Number.MAX_SAFE_INTEGER, '3'),
    "Go back to this revision; 'service history' lists them; the number of replicas stays",
    { unset: 'the spec before the last update' },
  ),
} as const;

type RollbackFlags = FlagValues<typeof ROLLBACK_FLAGS> & WaitFlags;

async function rollBackTo({ session, api }: Tools, reference: string, revision: number): Promise<Written> {
  const { object } = await api.service(reference);
  const { warnings } = await retryOnConflict(() => api.rollBackTo(object.id, revision));
  printWarnings(session, warnings);
  return { id: object.id, warnings };
}

async function rollBack(tools: Tools, reference: string, flags: RollbackFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { id } =
    flags.to === undefined
      ? await changeService(tools, reference, async (service) => ({ spec: specOf(service), rollback: true }))
      : await rollBackTo(tools, reference, flags.to);
  writeLine(session.stdout, reference);
  if (flags.detach) return EXIT.ok;
  return waitForService(session, api, { id, name: reference, intent: 'rollback' }, flags);
}

const DESCRIPTION = `Go back to the spec that a service had before its last update, or to any revision of its history, and wait until its tasks run.

Without --to a second rollback undoes the first. With --to the revision becomes the newest one.`;

/** Declares `swarmctl service rollback`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION)
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: RollbackFlags) => perform((tools) => rollBack(tools, service, flags)));
  declareFlags(command, 'Rollback', ROLLBACK_FLAGS, true);
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  addExamples(command, [
    ['swarmctl service rollback web', 'undo the last update'],
    ['swarmctl service rollback --to 3 web', 'back to revision 3'],
  ]);
}
