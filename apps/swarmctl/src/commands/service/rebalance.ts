import type { CliCommand } from '../../cli-command';
import { TaskState } from '#common/domain';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, toggle, type FlagValues } from '../../flags/flag';
import { WAIT_FLAGS, type WaitFlags } from '../../flags/tables/shared-flags';
import { count } from '../../flags/values/numbers';
import type { ManagerApi } from '../../manager-api';
import { waitForService } from '../../progress/wait-for-service';
import { plainText } from '../../render/plain-text';
import { renderMoves } from '../../render/plan';
import type { Move } from '../../service-answers';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { WORD_FORMAT_FLAGS, type FormatFlags } from '../list-flags';
import { nodeNames } from '../node-names';
import { printJson, printLines } from '../print';

const REBALANCE_FLAGS = {
  dryRun: toggle('Only show which tasks would move'),
  maxMoves: one(count, 'Most tasks to move; 0 for as many as it takes', { unset: '0' }),
} as const;

type RebalanceFlags = FlagValues<typeof REBALANCE_FLAGS> & WaitFlags & FormatFlags;

/** Of the moves those that were not made: the leader decides from what it sees when it comes to each. */
async function movesNotMade(api: ManagerApi, id: string, moves: readonly Move[]): Promise<Move[]> {
  const tasks = await api.tasks({ service: [id] });
  const wanted = tasks.filter(({ object }) => object.desiredState === TaskState.running).map(({ object }) => object.id);
  return moves.filter(({ taskId }) => wanted.includes(taskId));
}

async function waitForMoves(
  tools: Tools,
  service: { readonly id: string; readonly name: string },
  moves: readonly Move[],
  flags: RebalanceFlags,
): Promise<ExitCode> {
  const { session, api } = tools;
  const code = await waitForService(session, api, { ...service, intent: 'rebalance' }, flags);
  if (code !== EXIT.ok) return code;
  for (const { slot } of await movesNotMade(api, service.id, moves)) {
    writeLine(
      session.stderr,
      plainText(`note: ${service.name}.${slot} has stayed where it was: the nodes have changed meanwhile`),
    );
  }
  return code;
}

async function rebalance(tools: Tools, reference: string, flags: RebalanceFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { object: service } = await api.service(reference);
  const { maxMoves, dryRun = false } = flags;
  const { raw, object: answer } = await api.rebalance(service.id, { maxMoves, dryRun });
  const name = service.spec?.name ?? reference;
  if (flags.format === 'json') printJson(session.stdout, raw);
  else if (answer.moves.length === 0)
    writeLine(session.stdout, plainText(`${name}: nothing to move, the tasks are spread evenly`));
  else printLines(session.stdout, renderMoves(answer.moves, name, await nodeNames(api)));
  if (!answer.started || answer.moves.length === 0 || flags.detach) return EXIT.ok;
  return waitForMoves(tools, { id: service.id, name }, answer.moves, flags);
}

const DESCRIPTION = `Spread the running tasks of a service evenly over the nodes again, and wait until they run there.

Each task that moves is started on its new node before the old one is stopped, as many at a time as --update-parallelism allows. A service that was created with --rebalance does so by itself.`;

/** Declares `swarmctl service rebalance`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION)
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: RebalanceFlags) => perform((tools) => rebalance(tools, service, flags)));
  declareFlags(command, 'Rebalancing', REBALANCE_FLAGS, true);
  declareFlags(command, 'Output', WORD_FORMAT_FLAGS);
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  addExamples(command, [
    ['swarmctl service rebalance --dry-run web', 'which tasks would move, and where'],
    ['swarmctl service rebalance --max-moves 2 web', 'move two tasks at most'],
  ]);
}
