import { resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { DomainError, messageOf } from '#common/errors';
import type { PayloadApi } from '../../api/payload-api';
import type { CliCommand } from '../../cli-command';
import { EXIT, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, type FlagValues } from '../../flags/flag';
import { label } from '../../flags/values/label';
import { pair, text } from '../../flags/values/text';
import { describePayload, payloadColumns } from '../../render/payload-details';
import { byName } from '../../render/table';
import { writeLine, type Session } from '../../session';
import { addExamples, type Declare, type Perform, type Tools } from '../command';
import { forEach } from '../for-each';
import { INSPECT_FLAGS, inspectAll, type InspectFlags } from '../inspect-flags';
import { filterFlag, LIST_FLAGS, toFilters, type ListFlags } from '../list-flags';
import { printList } from '../print';

/** Secrets and configs have the same commands. */
export type PayloadNoun = 'secret' | 'config';

const CREATE_FLAGS = {
  label: many(label, 'Label', { short: 'l' }),
  templateDriver: one(text('driver', 'golang'), 'Fill the value in for each task: golang'),
} as const;

const DRIVER_FLAG = { driver: one(text('driver', 'vault'), 'Where the value comes from', { short: 'd' }) } as const;

const UPDATE_FLAGS = {
  labelAdd: many(pair('team=shop'), 'Label to add or change'),
  labelRm: many(text('name', 'team'), 'Label to remove'),
} as const;

type CreateFlags = FlagValues<typeof CREATE_FLAGS> & FlagValues<typeof DRIVER_FLAG>;

const apiOf = ({ api }: Tools, noun: PayloadNoun): PayloadApi => (noun === 'secret' ? api.secrets : api.configs);

/** Declares `swarmctl <noun> create`. */
export function declareCreate(noun: PayloadNoun): Declare {
  return (command, perform) => {
    command
      .description(`Create a ${noun} from a file or from what is piped in.`)
      .argument('<name>', `name of the ${noun}`)
      .argument('[file]', 'file that holds the value; - for what is piped in')
      .action((name: string, file: string | undefined, flags: CreateFlags) =>
        perform(async (tools) => {
          if (file === undefined && flags.driver === undefined) throw noValue(noun);
          const { driver, templateDriver } = flags;
          const data = file === undefined ? Buffer.alloc(0) : await readValue(tools.session, file);
          const labels = Object.fromEntries(flags.label ?? []);
          writeLine(tools.session.stdout, await apiOf(tools, noun).create({ name, data, labels, driver, templateDriver }));
          return EXIT.ok;
        }),
      );
    declareFlags(command, 'Value', noun === 'secret' ? { ...CREATE_FLAGS, ...DRIVER_FLAG } : CREATE_FLAGS);
    addExamples(command, [
      [`swarmctl ${noun} create app ./app.conf`, 'from a file'],
      [`printf value | swarmctl ${noun} create app -`, 'from what is piped in'],
    ]);
  };
}

/** Declares `swarmctl <noun> ls`. */
export function declareList(noun: PayloadNoun): Declare {
  return (command, perform) => {
    command.description(`List the ${noun}s.`).action((flags: ListFlags) => perform((tools) => list(tools, noun, flags)));
    declareFlags(command, 'Output', { ...LIST_FLAGS, ...filterFlag('id, label, name, names', 'label=team=shop') });
    addExamples(command, [[`swarmctl ${noun} ls`, 'all of them']]);
  };
}

async function list(tools: Tools, noun: PayloadNoun, flags: ListFlags): Promise<ExitCode> {
  const { stdout } = tools.session;
  const found = await apiOf(tools, noun).list(toFilters(flags.filter));
  found.sort(byName(({ object }) => object.name));
  const rows = found.map(({ object }) => object);
  const names = rows.map(({ id }) => id);
  printList(stdout, flags, { columns: payloadColumns(noun, tools.session.clock.wallMs()), rows, raw: found, names });
  return EXIT.ok;
}

/** Declares `swarmctl <noun> inspect`. */
export function declareInspect(noun: PayloadNoun): Declare {
  return (command, perform) => {
    command
      .description(noun === 'secret' ? 'Show everything about secrets but their values.' : 'Show everything about configs.')
      .argument(`<${noun}...>`, `ids or names of ${noun}s`)
      .action((references: string[], flags: InspectFlags) =>
        perform((tools) =>
          inspectAll(tools.session, references, flags, {
            find: (reference) => apiOf(tools, noun).get(reference),
            describe: describePayload,
          }),
        ),
      );
    declareFlags(command, 'Output', INSPECT_FLAGS);
    addExamples(command, [[`swarmctl ${noun} inspect --pretty app`, 'for people']]);
  };
}

/** Declares `swarmctl <noun> update`. */
export function declareUpdate(noun: PayloadNoun): Declare {
  return (command, perform) => {
    command
      .description(
        `Give a ${noun} a new value, or other labels. Services that use it are updated by their own update policy; a rollback of a ` +
          'service brings the old value back. Old values stay under names of their own (app.v1) for as long as they may be needed.',
      )
      .argument(`<${noun}>`, `id or name of the ${noun}`)
      .argument('[file]', 'file that holds the new value; - for what is piped in')
      .action((reference: string, file: string | undefined, flags: FlagValues<typeof UPDATE_FLAGS>) =>
        perform((tools) => update(tools, noun, { reference, file, flags })),
      );
    declareFlags(command, 'Labels', UPDATE_FLAGS);
    addExamples(command, [
      [`swarmctl ${noun} update app ./app.conf`, 'a new value, which the services that use it get'],
      [`swarmctl ${noun} update --label-add team=shop app`, 'another label'],
    ]);
  };
}

interface PayloadUpdate {
  readonly reference: string;
  readonly file: string | undefined;
  readonly flags: FlagValues<typeof UPDATE_FLAGS>;
}

async function update(tools: Tools, noun: PayloadNoun, { reference, file, flags }: PayloadUpdate): Promise<ExitCode> {
  const { labelAdd = [], labelRm = [] } = flags;
  const api = apiOf(tools, noun);
  const changesLabels = labelAdd.length > 0 || labelRm.length > 0;
  if (file === undefined && !changesLabels) throw noValue(noun);
  if (changesLabels) {
    await api.relabel(reference, (labels) => {
      const kept = Object.entries(labels).filter(([key]) => !labelRm.includes(key));
      return Object.fromEntries([...kept, ...labelAdd]);
    });
  }
  writeLine(tools.session.stdout, reference);
  if (file === undefined) return EXIT.ok;
  const { isNew, services } = await api.addVersion(reference, await readValue(tools.session, file));
  if (!isNew) writeLine(tools.session.stderr, 'that is the value it has: nothing is changed');
  if (services.length > 0) writeLine(tools.session.stderr, `services that are being updated: ${services.join(', ')}`);
  return EXIT.ok;
}

/** Declares `swarmctl <noun> rm`. */
export function declareRemove(noun: PayloadNoun): Declare {
  return (command: CliCommand, perform: Perform) => {
    command
      .description(`Remove ${noun}s. No service may use them any more.`)
      .argument(`<${noun}...>`, `ids or names of ${noun}s`)
      .action((references: string[]) =>
        perform((tools) =>
          forEach(tools.session, references, async (reference) => {
            await apiOf(tools, noun).remove(reference);
            writeLine(tools.session.stdout, reference);
            return EXIT.ok;
          }),
        ),
      );
    addExamples(command, [[`swarmctl ${noun} rm app`, 'one of them']]);
  };
}

function noValue(noun: PayloadNoun): DomainError {
  return new DomainError('INVALID_ARGUMENT', `the value of the ${noun} is missing: name a file, or - for what is piped in`);
}

async function readValue({ stdin, cwd }: Session, file: string): Promise<Buffer> {
  if (file !== '-') {
    return readFile(resolve(cwd, file)).catch((error: unknown) => {
      throw new DomainError('INVALID_ARGUMENT', `cannot read ${file}: ${messageOf(error)}`);
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stdin.stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
