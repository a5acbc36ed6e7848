import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ManagerClient } from '../client';
import { asObject, asText, type JsonObject } from '../json-values';
import { encodeFilters, pathOf, type Filters } from './request-parts';

/** What is wanted of a log. */
export interface LogWishes {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly tail: string;
}

/** A process to be made in a container. */
export interface NewExec {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly env: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
}

/** Requests that are answered bit by bit. Errors are those of `ManagerClient.send`. */
export class StreamApi {
  constructor(private readonly client: ManagerClient) {}

  /** The log of a service or task: frames, unless its containers have terminals. */
  logs(collection: 'services' | 'tasks', id: string, wishes: LogWishes, signal: AbortSignal): Promise<IncomingMessage> {
    const { follow, timestamps, since, until, tail } = wishes;
    const flag = (isSet: boolean): string | undefined => (isSet ? '1' : undefined);
    const query = {
      stdout: '1',
      stderr: '1',
      details: '1',
      tail,
      since,
      until,
      follow: flag(follow),
      timestamps: flag(timestamps),
    };
    return this.client.open({ method: 'GET', path: pathOf(collection, id, '/logs'), query }, signal);
  }

  /** Events as JSON, one a line. */
  events(filters: Filters, times: { since?: string; until?: string }, signal: AbortSignal): Promise<IncomingMessage> {
    return this.client.open({ method: 'GET', path: '/events', query: { filters: encodeFilters(filters), ...times } }, signal);
  }

  /** What a container uses now, as its engine counts it. */
  async containerStats(containerId: string): Promise<JsonObject> {
    const query = { stream: 'false', 'one-shot': 'true' };
    return asObject(await this.client.send({ method: 'GET', path: pathOf('containers', containerId, '/stats'), query }));
  }

  /** Makes a process in a container; it does not run yet. @returns its id */
  async createExec(containerId: string, { command, tty, interactive, env, user, workdir }: NewExec): Promise<string> {
    const body = {
      Cmd: command,
      Tty: tty,
      AttachStdin: interactive,
      AttachStdout: true,
      AttachStderr: true,
      Env: env,
      User: user,
      WorkingDir: workdir,
    };
    return asText(
      asObject(await this.client.send({ method: 'POST', path: pathOf('containers', containerId, '/exec'), body })).Id,
    );
  }

  /** Runs the process. What it reads and writes goes over the connection: frames, unless it has a terminal. */
  startExec(execId: string, tty: boolean): Promise<Duplex> {
    return this.client.takeOver({ method: 'POST', path: pathOf('exec', execId, '/start'), body: { Detach: false, Tty: tty } });
  }

  async resizeExec(execId: string, { rows, columns }: { rows: number; columns: number }): Promise<void> {
    const query = { h: String(rows), w: String(columns) };
    await this.client.send({ method: 'POST', path: pathOf('exec', execId, '/resize'), query });
  }

  /** With which code the process has ended. */
  async exitCodeOfExec(execId: string): Promise<number> {
    const { ExitCode } = asObject(await this.client.send({ method: 'GET', path: pathOf('exec', execId, '/json') }));
    return typeof ExitCode === 'number' ? ExitCode : 0;
  }
}
