import type { IncomingMessage } from 'node:http';
import { FrameReader, STDERR, SYSTEM_ERROR, type StreamPart } from '#common/docker-stream';
import { toggle, one, type FlagValues } from '../../flags/flag';
import { text } from '../../flags/values/text';
import { moment } from '../../flags/values/moment';
import { EXIT, type ExitCode } from '../../exit-codes';
import { plainText } from '../../render/plain-text';
import { shortId } from '../../render/table';
import { writeLine } from '../../session';
import type { Tools } from '../command';

/** Flags of `service logs` and `task logs`. */
export const LOG_FLAGS = {
  follow: toggle('Go on as lines come', { short: 'f' }),
  since: one(moment, 'Only lines since then'),
  until: one(moment, 'Only lines before then'),
  tail: one(text('lines', '100'), 'So many of the last lines of each task', { short: 'n', unset: 'all' }),
  timestamps: toggle('With the time of each line', { short: 't' }),
  raw: toggle('Only what the tasks wrote, byte by byte'),
} as const;

export type LogFlags = FlagValues<typeof LOG_FLAGS>;

/** Whose log it is. */
export interface LogSource {
  readonly collection: 'services' | 'tasks';
  readonly id: string;
  /** A task with a terminal writes bytes, which cannot be told apart by task. */
  readonly isTerminal: boolean;
}

/** Prints a log until it ends, or until Ctrl-C. What tasks wrote to stderr goes to stderr. */
export async function printLogs(tools: Tools, source: LogSource, flags: LogFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const stopped = new AbortController();
  const release = session.onInterrupt(() => stopped.abort());
  try {
    const nowMs = session.clock.wallMs();
    const wishes = {
      follow: flags.follow ?? false,
      timestamps: flags.timestamps ?? false,
      since: flags.since?.(nowMs),
      until: flags.until?.(nowMs),
      tail: flags.tail ?? 'all',
    };
    const log = await api.streams.logs(source.collection, source.id, wishes, stopped.signal);
    return await print(tools, log, { flags, isTerminal: source.isTerminal });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    return EXIT.ok;
  } finally {
    release();
  }
}

async function print(
  tools: Tools,
  log: IncomingMessage,
  { flags, isTerminal }: { flags: LogFlags; isTerminal: boolean },
): Promise<ExitCode> {
  const { stdout, stderr } = tools.session;
  const reader = new FrameReader();
  const names = new TaskNames(tools);
  let code: ExitCode = EXIT.ok;
  for await (const chunk of log as AsyncIterable<Buffer>) {
    if (isTerminal) {
      await stdout.writeBytes(chunk);
      continue;
    }
    for (const part of reader.take(chunk)) {
      if (part.stream === SYSTEM_ERROR) {
        writeLine(stderr, `swarmctl: ${plainText(part.payload.toString('utf8'))}`);
        code = EXIT.refused;
        continue;
      }
      await (part.stream === STDERR ? stderr : stdout).writeBytes(await labelled(part, names, flags));
    }
  }
  return code;
}

/** `[time ]details line` of the API, with the task's name instead of the details. */
async function labelled({ payload }: StreamPart, names: TaskNames, flags: LogFlags): Promise<Buffer> {
  const SPACE = 0x20;
  const timeEnd = flags.timestamps ? payload.indexOf(SPACE) + 1 : 0;
  const detailsEnd = payload.indexOf(SPACE, timeEnd) + 1;
  const [time, line] = [payload.subarray(0, timeEnd), payload.subarray(detailsEnd)];
  if (flags.raw) return Buffer.concat([time, line]);
  const name = await names.of(payload.toString('utf8', timeEnd, detailsEnd).trim());
  return Buffer.concat([time, Buffer.from(`${name} | `), line]);
}

/** Names of tasks by the details of a line: each is asked for once. */
class TaskNames {
  private readonly known = new Map<string, string>();
  private width = 0;

  constructor(private readonly tools: Tools) {}

  async of(details: string): Promise<string> {
    const known = this.known.get(details) ?? (await this.find(details));
    this.known.set(details, known);
    this.width = Math.max(this.width, known.length);
    return known.padEnd(this.width);
  }

  private async find(details: string): Promise<string> {
    const ids = new Map(details.split(',').map((entry) => entry.split('=').map(decodeURIComponent) as [string, string]));
    const { api } = this.tools;
    const taskId = ids.get('com.docker.swarm.task.id') ?? '';
    const nodeId = ids.get('com.docker.swarm.node.id') ?? '';
    const task = await api.task(taskId).catch(() => undefined);
    const service = task && (await api.service(task.object.serviceId).catch(() => undefined));
    const node = await api.node(nodeId).catch(() => undefined);
    const where = node?.object.description?.hostname ?? shortId(nodeId);
    const name = service && task ? `${service.object.spec?.name}.${task.object.slot || where}` : shortId(taskId);
    return plainText(`${name}.${shortId(taskId)}@${where}`);
  }
}
