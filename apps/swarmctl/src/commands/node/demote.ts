import { NodeRole } from '#common/domain';
import type { CliCommand } from '../../cli-command';
import { addExamples, type Perform } from '../command';
import { changeRole } from './change-role';

/** Declares `swarmctl node demote`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Give nodes the role of a worker. One node keeps the role of a manager; a manager beside a node is not stopped.')
    .argument('<node...>', 'ids or host names of nodes')
    .action((nodes: string[]) =>
      perform((tools) =>
        changeRole(tools, nodes, NodeRole.worker, {
          already: (id) => `Node ${id} is already a worker.`,
          changed: (node) => `Manager ${node} demoted in the swarm.`,
        }),
      ),
    );
  addExamples(command, [['swarmctl node demote n2', 'so that it can be removed']]);
}
