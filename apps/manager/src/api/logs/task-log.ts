import { messageOf } from '#common/errors';
import type { Task } from '#common/proto';
import { askEngine, readText } from '../engine/engine-request';
import type { Engines } from '../engine/engines';
import { containerIdOf } from '../engine/task-container';
import { FrameLabeller } from '#common/docker-stream';
import { engineLogQuery, type LogOptions } from './log-options';
import type { LogOutput } from './log-output';

/** What became of a task's log: all of it was sent, or why not. */
export type LogOutcome = { readonly problem?: string };

const GONE: ReadonlySet<number> = new Set([404, 409]);

/** Sends the log of one task's container to `output`, as far as the engine has it. Ends early when the signal aborts. */
export async function sendTaskLog(
  task: Task,
  { engines, options, output, signal }: { engines: Engines; options: LogOptions; output: LogOutput; signal: AbortSignal },
): Promise<LogOutcome> {
  const containerId = containerIdOf(task);
  if (containerId === undefined) return {};
  try {
    const path = `/containers/${encodeURIComponent(containerId)}/logs?${engineLogQuery(options)}`;
    const answer = await askEngine(engines, { nodeId: task.nodeId }, { method: 'GET', path, signal });
    if (answer.statusCode !== 200) {
      const text = await readText(answer);
      return GONE.has(answer.statusCode ?? 0) ? {} : { problem: `task ${task.id}: ${reasonIn(text)}` };
    }
    const isRaw = task.spec?.containerSpec?.tty === true;
    const labeller = new FrameLabeller({ details: options.details ? detailsOf(task) : '', timestamps: options.timestamps });
    for await (const chunk of answer as AsyncIterable<Buffer>) await output.write(isRaw ? chunk : labeller.take(chunk));
    return {};
  } catch (error) {
    return signal.aborted ? {} : { problem: problemOf(task, error) };
  }
}

/** Docker's command line tells by these whose line it is. */
function detailsOf({ nodeId, serviceId, id }: Task): string {
  const ids = { 'com.docker.swarm.node.id': nodeId, 'com.docker.swarm.service.id': serviceId, 'com.docker.swarm.task.id': id };
  const entries = Object.entries(ids).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  return `${entries.join(',')} `;
}

function problemOf({ nodeId, id }: Task, error: unknown): string {
  const reason = messageOf(error);
  return reason.includes(nodeId) ? reason : `task ${id} on node ${nodeId}: ${reason}`;
}

function reasonIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? text);
  } catch {
    return text.trim();
  }
}
