import type { Duplex } from 'node:stream';
import { guarded } from '#common/concurrency';
import { FrameReader, STDERR } from '#common/docker-stream';
import { DomainError } from '#common/errors';
import type { CliCommand } from '../../cli-command';
import { passedOn, type ExitCode } from '../../exit-codes';
import { declareFlags } from '../../flags/declare-flags';
import { many, one, toggle, type FlagValues } from '../../flags/flag';
import { absolutePath, text, variable } from '../../flags/values/text';
import type { Session } from '../../session';
import { addExamples, type Perform, type Tools } from '../command';

const EXEC_FLAGS = {
  interactive: toggle('Pass on what is typed or piped in', { short: 'i' }),
  tty: toggle('Give the command a terminal', { short: 't' }),
  env: many(variable, 'Variable of the environment', { short: 'e' }),
  user: one(text('user', 'root'), 'As whom', { short: 'u' }),
  workdir: one(absolutePath, 'In which folder', { short: 'w' }),
} as const;

type ExecFlags = FlagValues<typeof EXEC_FLAGS>;

async function execInTask(tools: Tools, [reference, ...command]: string[], flags: ExecFlags): Promise<ExitCode> {
  const { session, api } = tools;
  const { interactive = false, tty = false, env = [], user, workdir } = flags;
  if (tty && interactive && !session.stdin.isTerminal) {
    throw new DomainError('INVALID_ARGUMENT', 'what is typed does not come from a terminal: leave -t out');
  }
  const task = (await api.task(reference ?? '')).object;
  const containerId = task.status?.containerStatus?.containerId;
  if (!containerId)
    throw new DomainError('FAILED_PRECONDITION', `task ${reference} has no container: it is ${task.status?.state}`);
  const execId = await api.streams.createExec(containerId, { command, tty, interactive, env, user, workdir });
  const connection = await api.streams.startExec(execId, tty);
  const release = tty ? await takeTerminal(tools, execId, interactive) : () => undefined;
  try {
    if (interactive) session.stdin.stream.pipe(connection);
    else connection.end();
    await (tty ? copyBytes(session, connection) : copyFrames(session, connection));
  } finally {
    if (interactive) session.stdin.stream.unpipe(connection).pause();
    release();
    connection.destroy();
  }
  return passedOn(await api.streams.exitCodeOfExec(execId));
}

/** Keys go to the command, Ctrl-C too, and it hears of the terminal's size. Returns how to give the terminal back. */
async function takeTerminal({ session, api }: Tools, execId: string, interactive: boolean): Promise<() => void> {
  const { stdin } = session;
  const tellSize = (): Promise<void> => api.streams.resizeExec(execId, stdin.size());
  const stop = stdin.onResize(guarded(tellSize, () => undefined));
  await tellSize().catch(() => undefined);
  if (interactive) stdin.setRaw(true);
  return () => {
    stop();
    if (interactive) stdin.setRaw(false);
  };
}

async function copyBytes({ stdout }: Session, connection: Duplex): Promise<void> {
  for await (const chunk of connection as AsyncIterable<Buffer>) await stdout.writeBytes(chunk);
}

async function copyFrames({ stdout, stderr }: Session, connection: Duplex): Promise<void> {
  const reader = new FrameReader();
  for await (const chunk of connection as AsyncIterable<Buffer>) {
    for (const { stream, payload } of reader.take(chunk)) await (stream === STDERR ? stderr : stdout).writeBytes(payload);
  }
}

/** Declares `swarmctl task exec`. */
export function declare(command: CliCommand, perform: Perform): void {
  command
    .description("Run a command in a task's container, on whatever node it is. Ends with the command's own exit code.")
    .argument('<task>', 'id or name of a task, such as web.3')
    .argument('<command...>', 'the command and its arguments')
    .passWordsToContainer()
    .action((task: string, words: string[], flags: ExecFlags) => perform((tools) => execInTask(tools, [task, ...words], flags)));
  declareFlags(command, 'Command', EXEC_FLAGS);
  addExamples(command, [
    ['swarmctl task exec -it web.3 sh', 'a shell'],
    ['swarmctl task exec web.3 cat /etc/hosts', 'one command'],
  ]);
}
