import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { toggle, type FlagValues } from '../../flags/flag';
import { asObject, asText } from '../../json-values';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';

const TOKEN_FLAGS = {
  rotate: toggle('Make a new token first; the old one admits nobody any more'),
  quiet: toggle('Print the token only', { short: 'q' }),
} as const;

const ROLES = {
  worker: { key: 'Worker', rotate: 'rotateWorkerToken' },
  manager: { key: 'Manager', rotate: 'rotateManagerToken' },
} as const;

async function showToken({ session, api }: Tools, role: string, flags: FlagValues<typeof TOKEN_FLAGS>): Promise<ExitCode> {
  if (role !== 'worker' && role !== 'manager')
    throw new DomainError('INVALID_ARGUMENT', `'${role}' is neither worker nor manager`);
  const { key, rotate } = ROLES[role];
  if (flags.rotate) await api.swarm.update((spec) => spec, rotate);
  const token = asText(asObject((await api.swarm.get()).JoinTokens)[key]);
  writeLine(session.stdout, flags.quiet ? token : `Token of a ${role}:\n\n    ${token}`);
  return EXIT.ok;
}

/** Declares `swarmctl swarm join-token`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show the token that admits workers or managers to the cluster.')
    .argument('<role>', 'worker or manager')
    .action((role: string, flags: FlagValues<typeof TOKEN_FLAGS>) => perform((tools) => showToken(tools, role, flags)));
  declareFlags(command, 'Token', TOKEN_FLAGS);
  addExamples(command, [
    ['swarmctl swarm join-token -q worker', 'for scripts'],
    ['swarmctl swarm join-token --rotate manager', 'a new one'],
  ]);
}
