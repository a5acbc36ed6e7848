import { NodeAvailability, NodeRole } from '#common/domain';
import type { NodeSpec } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, type FlagValues } from '../../flags/flag';
import { changedNameValues } from '../../flags/spec/name-values';
import { oneOf, pair, text } from '../../flags/values/text';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { retryOnConflict } from '../retry-on-conflict';

const UPDATE_FLAGS = {
  availability: one(
    oneOf(NodeAvailability.active, NodeAvailability.pause, NodeAvailability.drain),
    'active takes tasks; pause keeps those it has and takes no more; drain gives all away',
  ),
  role: one(oneOf(NodeRole.worker, NodeRole.manager), 'Role in the swarm'),
  labelAdd: many(pair('disk=ssd'), 'Set a label of the node'),
  labelRm: many(text('name', 'disk'), 'Remove a label of the node'),
} as const;

type NodeFlags = FlagValues<typeof UPDATE_FLAGS>;

function changedNode(current: NodeSpec, flags: NodeFlags): NodeSpec {
  return {
    ...current,
    role: flags.role ?? current.role,
    availability: flags.availability ?? current.availability,
    labels: changedNameValues(current.labels, flags.labelAdd, flags.labelRm),
  };
}

const NEW_NODE: NodeSpec = { name: '', labels: {}, role: NodeRole.worker, availability: NodeAvailability.active };

async function updateNode({ session, api }: Tools, reference: string, flags: NodeFlags): Promise<ExitCode> {
  await retryOnConflict(async () => {
    const { object } = await api.node(reference);
    await api.updateNode(object.id, object.version?.index ?? 0, changedNode(object.spec ?? NEW_NODE, flags));
  });
  writeLine(session.stdout, reference);
  return EXIT.ok;
}

/** Declares `swarmctl node update`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Change the availability, the role or the labels of a node.')
    .argument('<node>', 'id or host name of the node')
    .action((node: string, flags: NodeFlags) => perform((tools) => updateNode(tools, node, flags)));
  declareFlags(command, 'Node', UPDATE_FLAGS);
  addExamples(command, [
    ['swarmctl node update --availability drain n3', 'move its tasks elsewhere'],
    ['swarmctl node update --label-add disk=ssd n3', 'for placement by --constraint node.labels.disk==ssd'],
  ]);
}
