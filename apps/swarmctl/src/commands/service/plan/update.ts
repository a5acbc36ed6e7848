import { DomainError } from '#common/errors';
import type { ServiceSpec } from '#common/proto';
import type { CliCommand } from '../../../cli-command';
import type { ExitCode } from '../../../exit-codes';
import { declareFlags } from '../../../flags/declare-flags';
import { UPDATE_SERVICE_FLAGS, type UpdateFlags } from '../../../flags/tables/update-flags';
import { addExamples, type Perform, type Tools } from '../../command';
import { WORD_FORMAT_FLAGS, type FormatFlags } from '../../list-flags';
import { wantedByUpdate } from '../wanted-spec';
import { PLAN_EXIT_HELP, printPlan } from './print-plan';

// A plan waits for nothing.
const { Waiting: _waiting, ...FLAGS } = UPDATE_SERVICE_FLAGS;

function previousSpec(spec: ServiceSpec | undefined, reference: string): ServiceSpec {
  if (spec) return spec;
  throw new DomainError('FAILED_PRECONDITION', `service ${reference} has no previous spec to go back to`);
}

async function planUpdate(tools: Tools, reference: string, flags: UpdateFlags & FormatFlags): Promise<ExitCode> {
  const { api } = tools;
  const { object: service } = await api.service(reference);
  const { spec, rollback } = await (await wantedByUpdate(tools, flags))(service);
  const wanted = rollback ? previousSpec(service.previousSpec, reference) : spec;
  return printPlan(tools, await api.plan(wanted, service.id), wanted, flags);
}

const DESCRIPTION = `Show what 'service update' with the same flags would do: how many tasks would start, stop, be replaced or move, on which nodes, and why.

Without any flag: what would become of the service's tasks if it were left as it is.`;

/** Declares `swarmctl service plan update`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(`${DESCRIPTION}\n\n${PLAN_EXIT_HELP}`)
    .argument('<service>', 'name or id of the service')
    .action((service: string, flags: UpdateFlags & FormatFlags) => perform((tools) => planUpdate(tools, service, flags)));
  declareFlags(command, 'Output', WORD_FORMAT_FLAGS);
  for (const [heading, table] of Object.entries(FLAGS)) declareFlags(command, heading, table);
  addExamples(command, [
    ['swarmctl service plan update --replicas 12 web', 'is there room for twelve tasks'],
    ['swarmctl service plan update --constraint-add node.labels.disk==ssd web', 'which tasks would have to move'],
    ['swarmctl service plan update --rollback web', 'what a rollback would replace'],
  ]);
}
