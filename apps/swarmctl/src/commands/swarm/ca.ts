import { resolve } from 'node:path';
import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { FILES, readText } from '../../compose/read-text';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { one, toggle, type FlagValues } from '../../flags/flag';
import { text } from '../../flags/values/text';
import { asObject, asText } from '../../json-values';
import { addExamples, type Perform, type Tools } from '../command';
import { retryOnConflict } from '../retry-on-conflict';

const CA_FLAGS = {
  rotate: toggle('Put a new root certificate in its place first, and new join tokens with it'),
  caCert: one(text('path', 'ca.pem'), 'File with the new root certificate, in PEM; one is made unless told'),
  caKey: one(text('path', 'ca.key'), 'File with its key, in PEM'),
} as const;

type CaFlags = FlagValues<typeof CA_FLAGS>;

async function rotate({ session, api }: Tools, { caCert, caKey }: CaFlags): Promise<void> {
  const read = (file: string | undefined): Promise<string> | '' =>
    file === undefined ? '' : readText(FILES, resolve(session.cwd, file));
  const signing = { SigningCACert: await read(caCert), SigningCAKey: await read(caKey) };
  await retryOnConflict(() =>
    api.swarm.update((spec) => {
      const ca = asObject(spec.CAConfig);
      const rotations = typeof ca.ForceRotate === 'number' ? ca.ForceRotate : 0;
      return { ...spec, CAConfig: { ...ca, ...signing, ForceRotate: rotations + 1 } };
    }),
  );
}

async function showCa(tools: Tools, flags: CaFlags): Promise<ExitCode> {
  const isGiven = flags.caCert !== undefined || flags.caKey !== undefined;
  if (isGiven && !flags.rotate) throw new DomainError('INVALID_ARGUMENT', '--ca-cert and --ca-key need --rotate beside them');
  if (flags.rotate) await rotate(tools, flags);
  tools.session.stdout.write(asText(asObject((await tools.api.swarm.get()).TLSInfo).TrustRoot));
  return EXIT.ok;
}

/** Declares `swarmctl swarm ca`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show the root certificate of the cluster, in PEM.')
    .action((flags: CaFlags) => perform((tools) => showCa(tools, flags)));
  declareFlags(command, 'Certificate', CA_FLAGS);
  addExamples(command, [
    ['swarmctl swarm ca', 'the present one'],
    ['swarmctl swarm ca --rotate --ca-cert ca.pem --ca-key ca.key', 'from now on one of your own'],
  ]);
}
