import { isCode } from '#common/errors';
import type { Task } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { declareFlags } from '../../flags/declare-flags';
import type { ExitCode } from '../../exit-codes';
import type { Fetched } from '../../manager-api';
import { describeTask, type InspectedTask } from '../../render/task-details';
import { addExamples, type Perform, type Tools } from '../command';
import { INSPECT_FLAGS, inspectAll, isPretty, type InspectFlags } from '../inspect-flags';

/** The name that belongs to an id; the id itself when its object is gone. */
async function nameOf(id: string, find: (id: string) => Promise<string | undefined>): Promise<string> {
  if (id === '') return '';
  const name = await find(id).catch((error: unknown) => {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  return name || id;
}

async function withSurroundings({ api }: Tools, task: Task): Promise<InspectedTask> {
  const [service, node, explanation] = await Promise.all([
    nameOf(task.serviceId, async (id) => (await api.service(id)).object.spec?.name),
    nameOf(task.nodeId, async (id) => (await api.node(id)).object.description?.hostname),
    api.explainTask(task.id),
  ]);
  return { task, service, node, explanation };
}

async function inspectTasks(tools: Tools, references: readonly string[], flags: InspectFlags): Promise<ExitCode> {
  const nowMs = tools.session.clock.wallMs();
  if (!isPretty(flags)) {
    return inspectAll(tools.session, references, flags, { find: (reference) => tools.api.task(reference), describe: () => [] });
  }
  return inspectAll(tools.session, references, flags, {
    find: async (reference): Promise<Fetched<InspectedTask>> => {
      const { raw, object } = await tools.api.task(reference);
      return { raw, object: await withSurroundings(tools, object) };
    },
    describe: (inspected) => describeTask(inspected, nowMs),
  });
}

/** Declares `swarmctl task inspect`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Show everything about tasks: where a task is, how it came to that, and for one without a node why no node takes it.\n\n' +
        'swarmctl service ps and swarmctl node ps show the ids.',
    )
    .argument('<task...>', 'ids of tasks, or unique beginnings of ids')
    .action((tasks: string[], flags: InspectFlags) => perform((tools) => inspectTasks(tools, tasks, flags)));
  declareFlags(command, 'Output', INSPECT_FLAGS);
  addExamples(command, [
    ['swarmctl task inspect --pretty 4fj2k', 'for people, with what each node says'],
    ['swarmctl task inspect 4fj2k', 'one JSON array, as the API has it'],
  ]);
}
