import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { historyColumns, toHistoryRows } from '../../render/history-table';
import { addExamples, type Perform, type Tools } from '../command';
import { FORMAT_FLAGS } from '../list-flags';
import { printList } from '../print';

const HISTORY_FLAGS = { ...FORMAT_FLAGS, noTrunc: toggle('Do not shorten what changed') } as const;

type HistoryFlags = FlagValues<typeof HISTORY_FLAGS>;

async function showHistory({ session, api }: Tools, reference: string, flags: HistoryFlags): Promise<ExitCode> {
  const revisions = await api.history(reference);
  const columns = historyColumns({ truncate: !flags.noTrunc, nowMs: session.clock.wallMs() });
  const rows = toHistoryRows(revisions);
  printList(session.stdout, flags, { columns, rows, raw: revisions, names: [] });
  return EXIT.ok;
}

const DESCRIPTION = `Show the revisions of a service, the newest first: when each was made, by what, and how it differs from the one before it.

The current one is marked with *. The last ten are kept; scaling makes no new one. 'service rollback --to' goes back to any of them.`;

/** Declares `swarmctl service history`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION)
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: HistoryFlags) => perform((tools) => showHistory(tools, service, flags)));
  declareFlags(command, 'Output', HISTORY_FLAGS);
  addExamples(command, [
    ['swarmctl service history web', 'what changed, and when'],
    ['swarmctl service history --format json web', 'one JSON array, each revision with its whole spec'],
  ]);
}
