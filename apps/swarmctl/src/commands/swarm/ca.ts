import type { CliCommand } from '../../cli-command';
import { EXIT } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { asObject, asText } from '../../json-values';
import { addExamples, type Perform } from '../command';

const CA_FLAGS = { rotate: toggle('Make a new root certificate first, and new join tokens with it') } as const;

/** Declares `swarmctl swarm ca`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description('Show the root certificate of the cluster, in PEM.').action((flags: FlagValues<typeof CA_FLAGS>) =>
    perform(async ({ session, api }) => {
      if (flags.rotate) {
        await api.swarm.update((spec) => {
          const ca = asObject(spec.CAConfig);
          return { ...spec, CAConfig: { ...ca, ForceRotate: (typeof ca.ForceRotate === 'number' ? ca.ForceRotate : 0) + 1 } };
        });
      }
      session.stdout.write(asText(asObject((await api.swarm.get()).TLSInfo).TrustRoot));
      return EXIT.ok;
    }),
  );
  declareFlags(command, 'Certificate', CA_FLAGS);
  addExamples(command, [['swarmctl swarm ca', 'the present one']]);
}
