import { isTemplate } from '#common/template';
import type { CliCommand } from '../cli-command';
import { EXIT, type ExitCode } from '../exit-codes';
import { declareFlags } from '../flags/declare-flags';
import { many, one, type FlagValues } from '../flags/flag';
import { moment } from '../flags/values/moment';
import { asObject, asText } from '../json-values';
import { formatObject } from '../render/format-template';
import { plainText } from '../render/plain-text';
import { writeLine } from '../session';
import { addExamples, type Perform, type Tools } from './command';
import { filter, OBJECT_FORMAT_FLAGS, toFilters } from './list-flags';

const EVENT_FLAGS = {
  since: one(moment, 'Also those since then'),
  until: one(moment, 'End then'),
  filter: many(
    filter('type=task'),
    'Only what matches: type (service, node, network, secret, config, task), event, and names of these',
  ),
  format: one(
    OBJECT_FORMAT_FLAGS.format.kind,
    "table for people; json for scripts, one event a line; a template of its fields, such as '{{.Type}} {{.Action}}'",
  ),
} as const;

type EventFlags = FlagValues<typeof EVENT_FLAGS>;

async function showEvents({ session, api }: Tools, flags: EventFlags): Promise<ExitCode> {
  const stopped = new AbortController();
  const release = session.onInterrupt(() => stopped.abort());
  const nowMs = session.clock.wallMs();
  const filters = { scope: ['swarm'], ...toFilters(flags.filter) };
  try {
    const times = { since: flags.since?.(nowMs), until: flags.until?.(nowMs) };
    const events = await api.streams.events(filters, times, stopped.signal);
    let rest = '';
    for await (const chunk of events.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) writeLine(session.stdout, renderEvent(line, flags.format));
    }
    return EXIT.ok;
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    return EXIT.ok;
  } finally {
    release();
  }
}

function renderEvent(line: string, format: string | undefined): string {
  if (format === 'json') return line;
  return format !== undefined && isTemplate(format) ? formatObject(format, JSON.parse(line)) : inWords(line);
}

/** `time type action name (what has changed)` */
function inWords(line: string): string {
  const { Type, Action, Actor, time } = asObject(JSON.parse(line));
  const { ID, Attributes } = asObject(Actor);
  const { name, ...details } = asObject(Attributes);
  const at = new Date((typeof time === 'number' ? time : 0) * 1_000).toISOString().replace('.000', '');
  const more = Object.entries(details).map(([key, value]) => `${key}=${asText(value)}`);
  const what = [at, asText(Type), asText(Action), asText(name) || asText(ID), more.length > 0 ? `(${more.join(', ')})` : ''];
  return plainText(what.filter((part) => part !== '').join(' '));
}

/** Declares `swarmctl events`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description('Show what happens to services, nodes, networks, secrets and configs, and to tasks when they are asked for.')
    .action((flags: EventFlags) => perform((tools) => showEvents(tools, flags)));
  declareFlags(command, 'Events', EVENT_FLAGS);
  addExamples(command, [
    ['swarmctl events', 'as it happens, until Ctrl-C'],
    ['swarmctl events --since 10m --until 0s --filter type=task', 'what tasks did in the last ten minutes'],
  ]);
}
