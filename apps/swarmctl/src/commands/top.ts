import { nanosToMs } from '#common/domain';
import type { CliCommand } from '../cli-command';
import { EXIT, type ExitCode } from '../exit-codes';
import { declareFlags } from '../flags/declare-flags';
import { badValue, one, toggle, type FlagValues, type ValueKind } from '../flags/flag';
import { duration } from '../flags/values/duration';
import { oneOf } from '../flags/values/text';
import { LiveLines } from '../render/live-lines';
import { cut } from '../render/progress';
import { renderTop, topJson, type TopOrder } from '../render/top-tables';
import { UsageReader } from '../top/read-usage';
import { addExamples, type Perform, type Tools } from './command';
import { WORD_FORMAT_FLAGS, type FormatFlags } from './list-flags';
import { printJson, printLines } from './print';

const MIN_INTERVAL_NANOS = 100e6;
const DEFAULT_INTERVAL_NANOS = 2e9;

const interval: ValueKind<number> = {
  placeholder: 'duration',
  example: '5s',
  parse: (text) => {
    const nanos = duration.parse(text);
    if (nanos < MIN_INTERVAL_NANOS) throw badValue(`'${text}' is less than 100ms`);
    return nanos;
  },
};

const TOP_FLAGS = {
  interval: one(interval, 'Time between two looks', { short: 'i', unset: '2s' }),
  sort: one(oneOf('cpu', 'memory', 'name'), 'What the rows are ordered by', { unset: 'cpu' }),
  once: toggle('Look once, over one interval, and end; always so without a terminal'),
  ...WORD_FORMAT_FLAGS,
} as const;

type TopFlags = FlagValues<typeof TOP_FLAGS> & FormatFlags;

async function top({ session, api }: Tools, flags: TopFlags): Promise<ExitCode> {
  const { stdout, stdin, clock } = session;
  const order: TopOrder = flags.sort ?? 'cpu';
  const intervalMs = nanosToMs(flags.interval ?? DEFAULT_INTERVAL_NANOS);
  const stopped = new AbortController();
  const release = session.onInterrupt(() => stopped.abort());
  const reader = new UsageReader(api);
  const isLive = stdout.isTerminal && !flags.once && flags.format !== 'json';
  const screen = new LiveLines(stdout);
  try {
    let cluster = await reader.read();
    do {
      if (isLive) screen.show(renderTop(cluster, order, stdin.size().rows - 1).map((line) => cut(line, screen.columns)));
      await clock.pause(intervalMs, stopped.signal);
      if (!stopped.signal.aborted) cluster = await reader.read();
    } while (isLive && !stopped.signal.aborted);
    if (isLive || stopped.signal.aborted) return EXIT.ok;
    if (flags.format === 'json') printJson(stdout, topJson(cluster, order));
    else printLines(stdout, renderTop(cluster, order));
    return EXIT.ok;
  } finally {
    release();
  }
}

const DESCRIPTION = [
  'Show what nodes, services and tasks use, again and again until Ctrl-C.',
  '100% of CPU is one core. Memory is without what the kernel keeps of files. What a node uses is what its tasks use; a dash ' +
    'stands for what nobody tells, such as of a node that does not answer.',
];

/** Declares `swarmctl top`. */
export function declare(command: CliCommand, perform: Perform): void {
  command.description(DESCRIPTION.join('\n\n')).action((flags: TopFlags) => perform((tools) => top(tools, flags)));
  declareFlags(command, 'Table', TOP_FLAGS, true);
  addExamples(command, [
    ['swarmctl top', 'as it is now, every two seconds'],
    ['swarmctl top --sort memory --once', 'once, what needs most memory first'],
    ['swarmctl top --format json', 'in numbers, for scripts'],
  ]);
}
