import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, type FlagValues } from '../../flags/flag';
import { text } from '../../flags/values/text';
import { writeLine } from '../../session';
import { addExamples, type Perform } from '../command';

const JOIN_FLAGS = {
  token: one(text('token', 'SWMTKN-1-…'), 'Token that admits to the cluster: swarmctl swarm join-token'),
} as const;

/** Declares `swarmctl swarm join`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(
      'Ask a manager that has no cluster to join the one of another manager, as what the token says: as a manager, or as a worker. ' +
        "Its host's agent follows.\n\n" +
        "A manager that is started with a cluster's etcd is in that cluster already, and an agent that is started with --manager needs no token.",
    )
    .argument('<address>', 'host:port of a manager of the cluster')
    .action((address: string, { token = '' }: FlagValues<typeof JOIN_FLAGS>) =>
      perform(async ({ session, api }) => {
        await api.swarm.join(address, token);
        writeLine(session.stdout, 'This node has joined the cluster.');
        return EXIT.ok;
      }),
    );
  declareFlags(command, 'Admission', JOIN_FLAGS);
  addExamples(command, [['swarmctl swarm join --token SWMTKN-1-… 10.0.0.5:2378', 'as docker swarm join']]);
}
