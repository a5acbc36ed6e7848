import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline, type Duplex } from 'node:stream';
import { isCode, messageOf, DomainError, ERROR_CODES } from '#common/errors';
import type { ClusterView } from '#common/store';
import { HTTP_STATUS } from '../http/http-status';
import { stripVersion } from '../http/negotiate-version';
import { askEngine, readText } from './engine-request';
import { routeOf } from './engine-route';
import type { EnginePlace, Engines } from './engines';
import { ExecPlaces } from './exec-places';
import { containerIdOf, taskOfContainer } from './task-container';

/** Headers that are about one connection, and those that this manager says itself. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'upgrade', 'host', 'proxy-connection', 'te']);
const NOT_PASSED_BACK: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'api-version', 'server', 'ostype', 'swarm']);
const CONTAINERS = '/containers/';
const EXEC_CREATION = /^\/containers\/[^/]+\/exec$/;

/** Which engine a request goes to, and under which path. */
interface Destination {
  readonly place: EnginePlace;
  readonly url: string;
}

/** Passes requests on that are not about the swarm: to the manager's host's engine, or to the engine of the node that is meant. */
export class EngineProxy {
  private readonly execs = new ExecPlaces();

  /** @param view undefined while this manager is locked, and on a worker: then there is only this host's engine */
  constructor(
    private readonly engines: Engines,
    private readonly view: () => ClusterView | undefined,
  ) {}

  /** Whether a request is to be passed on. @param url path and query without the version */
  isFor(url: string): boolean {
    return routeOf(url).to !== 'manager';
  }

  /**
   * Passes a request on and its answer back, both as they come.
   * @param url as the client sent it: the version is for the engine to see @param body instead of the request's, which has been read
   * @throws DomainError as askEngine
   */
  async forward(request: IncomingMessage, response: ServerResponse, url: string, body?: string): Promise<void> {
    const { place, url: path } = this.destinationOf(url);
    const ending = new AbortController();
    response.once('close', () => ending.abort());
    const method = request.method ?? 'GET';
    const answer = await askEngine(this.engines, place, {
      method,
      path,
      headers: passedOn(request.headers, body),
      body: body ?? request,
      signal: ending.signal,
    });
    if (method === 'POST' && EXEC_CREATION.test(stripVersion(path).split('?', 1)[0] ?? ''))
      return this.passExec(answer, response, place);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedBack(answer.headers));
    // Streams that have nothing to say yet begin all the same: clients wait for the headers.
    response.flushHeaders();
    pipeline(answer, response, () => undefined);
  }

  /** Connects a client that asks for the connection itself (attach, exec) with the engine. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const url = request.url ?? '/';
      if (!this.isFor(stripVersion(url))) throw new DomainError('INVALID_ARGUMENT', `${url} does not take over connections`);
      const { place, url: path } = this.destinationOf(url);
      const engine = await this.engines.connect(place);
      engine.on('error', () => undefined);
      socket.on('close', () => engine.destroy());
      // What the engine said last may still be on its way.
      engine.on('close', () => socket.end(() => socket.destroy()));
      engine.write(requestHead(request, path));
      if (head.length > 0) engine.write(head);
      socket.pipe(engine);
      engine.pipe(socket);
    } catch (error) {
      socket.end(refusal(error));
    }
  }

  private destinationOf(url: string): Destination {
    const unversioned = stripVersion(url);
    const route = routeOf(unversioned);
    if (route.to === 'exec') return { place: this.execs.of(route.id), url };
    if (route.to !== 'container') return { place: 'host', url };
    const view = this.view();
    const task = view && taskOfContainer(view, route.name);
    const containerId = task && containerIdOf(task);
    if (!task?.nodeId || containerId === undefined) return { place: 'host', url };
    const version = url.slice(0, url.length - unversioned.length);
    const rest = unversioned.slice(CONTAINERS.length).replace(/^[^/?]*/, '');
    return { place: { nodeId: task.nodeId }, url: `${version}${CONTAINERS}${containerId}${rest}` };
  }

  private async passExec(answer: IncomingMessage, response: ServerResponse, place: EnginePlace): Promise<void> {
    const text = await readText(answer);
    const id = execIdIn(text);
    if (id !== undefined) this.execs.remember(id, place);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedBack(answer.headers));
    response.end(text);
  }
}

function execIdIn(text: string): string | undefined {
  try {
    const { Id: id } = JSON.parse(text) as { Id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

function passedOn(headers: IncomingMessage['headers'], body: string | undefined): OutgoingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.has(name)));
  if (body === undefined) return kept;
  delete kept['transfer-encoding'];
  return { ...kept, 'content-length': String(Buffer.byteLength(body)) };
}

function passedBack(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_BACK.has(name)));
}

/** The request's head as it came, but for the path. */
function requestHead({ method, rawHeaders }: IncomingMessage, path: string): string {
  const lines = [`${method} ${path} HTTP/1.1`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** An answer for a client whose connection is no longer an HTTP server's. */
function refusal(error: unknown): string {
  const status = isCode(error, ...ERROR_CODES) ? HTTP_STATUS[error.code] : 500;
  const body = JSON.stringify({ message: messageOf(error) });
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  return `${head}\r\nConnection: close\r\n\r\n${body}`;
}
