import { NodeRole } from '#common/domain';
import type { CliCommand } from '../../cli-command';
import { addExamples, type Perform } from '../command';
import { changeRole } from './change-role';

/** Declares `swarmctl node promote`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Give nodes the role of a manager, which placement by --constraint node.role==manager asks for. It starts no manager.',
    )
    .argument('<node...>', 'ids or host names of nodes')
    .action((nodes: string[]) =>
      perform((tools) =>
        changeRole(tools, nodes, NodeRole.manager, {
          already: (id) => `Node ${id} is already a manager.`,
          changed: (node) => `Node ${node} promoted to a manager in the swarm.`,
        }),
      ),
    );
  addExamples(command, [['swarmctl node promote n2 n3', 'two nodes']]);
}
