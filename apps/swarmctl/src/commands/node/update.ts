import { NodeAvailability, NodeRole } from '#common/domain';
import type { NodeSpec } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, toggle, type FlagValues } from '../../flags/flag';
import { changedNameValues } from '../../flags/spec/name-values';
import { conflict } from '../../flags/spec/surroundings';
import { duration } from '../../flags/values/duration';
import { oneOf, pair, text } from '../../flags/values/text';
import { waitForDrain } from '../../progress/wait-for-drain';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { retryOnConflict } from '../retry-on-conflict';
import { NEW_NODE } from './change-role';

const UPDATE_FLAGS = {
  availability: one(
    oneOf(NodeAvailability.active, NodeAvailability.pause, NodeAvailability.drain),
    'active takes tasks; pause keeps those it has and takes no more; drain gives all away',
  ),
  role: one(oneOf(NodeRole.worker, NodeRole.manager), 'Role in the swarm'),
  labelAdd: many(pair('disk=ssd'), 'Set a label of the node'),
  labelRm: many(text('name', 'disk'), 'Remove a label of the node'),
} as const;

const DRAIN_FLAGS = {
  wait: toggle('With --availability drain: wait until no task is left on the node, and show what keeps those that are'),
  timeout: one(duration, 'Give up waiting after this time, with exit code 124; the drain goes on', { unset: 'no limit' }),
} as const;

type NodeFlags = FlagValues<typeof UPDATE_FLAGS>;
type DrainFlags = FlagValues<typeof DRAIN_FLAGS>;

function changedNode(current: NodeSpec, flags: NodeFlags): NodeSpec {
  return {
    ...current,
    role: flags.role ?? current.role,
    availability: flags.availability ?? current.availability,
    labels: changedNameValues(current.labels, flags.labelAdd, flags.labelRm),
  };
}

function requireDrain({ availability, wait, timeout }: NodeFlags & DrainFlags): void {
  if (wait && availability !== NodeAvailability.drain) throw conflict('--wait only goes with --availability drain');
  if (timeout !== undefined && !wait) throw conflict('--timeout only goes with --wait');
}

/** Changes all nodes before the first is waited for. */
async function updateNodes(tools: Tools, references: readonly string[], flags: NodeFlags & DrainFlags): Promise<ExitCode> {
  requireDrain(flags);
  const { session, api } = tools;
  const ids = new Map<string, string>();
  const changed = await forEach(session, references, async (reference) => {
    await retryOnConflict(async () => {
      const { object } = await api.node(reference);
      await api.updateNode(object.id, object.version?.index ?? 0, changedNode(object.spec ?? NEW_NODE, flags));
      ids.set(reference, object.id);
    });
    writeLine(session.stdout, reference);
    return EXIT.ok;
  });
  if (!flags.wait) return changed;
  const waited = await forEach(session, [...ids.keys()], (name) =>
    waitForDrain(session, api, { id: ids.get(name) ?? name, name }, flags.timeout),
  );
  return changed === EXIT.ok ? waited : changed;
}

const DESCRIPTION = `Change the availability, the role or the labels of nodes.

A node that is drained gives its tasks away as the update parallelism and order of their services say.`;

/** Declares `swarmctl node update`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION)
    .argument('<node...>', 'ids or host names of nodes')
    .action((nodes: string[], flags: NodeFlags & DrainFlags) => perform((tools) => updateNodes(tools, nodes, flags)));
  declareFlags(command, 'Node', UPDATE_FLAGS);
  declareFlags(command, 'Waiting', DRAIN_FLAGS);
  addExamples(command, [
    ['swarmctl node update --availability drain --wait --timeout 10m n3', 'move its tasks elsewhere, and wait until they are'],
    ['swarmctl node update --availability active n3', 'let it have tasks again'],
    ['swarmctl node update --label-add disk=ssd n2 n3', 'for placement by --constraint node.labels.disk==ssd'],
  ]);
}
