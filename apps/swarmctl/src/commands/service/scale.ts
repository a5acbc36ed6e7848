import type { Service } from '#common/proto';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { badValue } from '../../flags/flag';
import { declareFlags } from '../../flags/declare-flags';
import { scaledMode } from '../../flags/spec/service-mode';
import { WAIT_FLAGS, type WaitFlags } from '../../flags/tables/shared-flags';
import { parseWhole } from '../../flags/values/numbers';
import { waitForService } from '../../progress/wait-for-service';
import { writeLine } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { changeService, specOf, type Change } from './change-service';

interface Scale {
  readonly service: string;
  readonly replicas: number;
}

function parseScale(text: string): Scale {
  const equals = text.lastIndexOf('=');
  if (equals < 1) throw badValue(`'${text}' is not of the form SERVICE=REPLICAS, such as web=3`);
  return { service: text.slice(0, equals), replicas: parseWhole(text.slice(equals + 1)) };
}

async function toReplicas(service: Service, replicas: number): Promise<Change> {
  const spec = specOf(service);
  return { spec: { ...spec, mode: scaledMode(spec.mode, replicas) } };
}

async function scaleAll(tools: Tools, scales: readonly Scale[], flags: WaitFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const ids = new Map<string, string>();
  const replicasOf = new Map(scales.map(({ service, replicas }) => [service, replicas]));
  const changed = await forEach(session, [...replicasOf.keys()], async (service) => {
    const replicas = replicasOf.get(service) ?? 0;
    const { id } = await changeService(tools, service, (current) => toReplicas(current, replicas));
    ids.set(service, id);
    writeLine(session.stdout, `${service} scaled to ${replicas}`);
    return EXIT.ok;
  });
  if (flags.detach) return changed;
  const waited = await forEach(session, [...ids.keys()], (name) =>
    waitForService(session, api, { id: ids.get(name) ?? name, name, intent: 'deploy' }, flags),
  );
  return changed === EXIT.ok ? waited : changed;
}

const DESCRIPTION = `Set how many tasks services have, and wait until so many run.

All services are changed before the first is waited for. A job is run anew, with so many completions.`;

/** Declares `swarmctl service scale`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description(DESCRIPTION)
    .argument('<service=replicas...>', 'services with the number of tasks that each is to have')
    .action((texts: string[], flags: WaitFlags) => perform((tools) => scaleAll(tools, texts.map(parseScale), flags)));
  declareFlags(command, 'Waiting', WAIT_FLAGS);
  addExamples(command, [
    ['swarmctl service scale web=6', 'six tasks'],
    ['swarmctl service scale web=6 api=3', 'two services at once'],
    ['swarmctl service scale web=0', 'stop every task, keep the service'],
  ]);
}
