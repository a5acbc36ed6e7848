import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { isCode } from '#common/errors';
import type { ClusterView } from '#common/store';
import { stripVersion } from '../http/negotiate-version';
import { whenOver } from '../http/when-over';
import { hasBody, headersToClient, headersToEngine } from './engine-headers';
import { askEngine, readText } from './engine-request';
import { routeOf } from './engine-route';
import type { EnginePlace, Engines } from './engines';
import { ExecPlaces } from './exec-places';
import { takeOver, type Takeover } from './hijack';
import { ambiguous, containerIdOf, taskOfContainer } from './task-container';

const CONTAINERS = '/containers/';
/** This host's engine answers within milliseconds whether it has a container. */
const LOOK_TIMEOUT_MS = 5_000;
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

  /** Whether a request is to be passed on. @param url canonical path and query without the version */
  isFor(url: string): boolean {
    return routeOf(url).to !== 'manager';
  }

  /**
   * Passes a request on and its answer back, both as they come.
   * @param url canonical, with the version: that one is for the engine to see @param body instead of the request's, which has been read
   * @throws DomainError as askEngine
   */
  async forward(request: IncomingMessage, response: ServerResponse, url: string, body?: string): Promise<void> {
    const { place, url: path } = await this.destinationOf(url);
    const signal = whenOver(response);
    const method = request.method ?? 'GET';
    const answer = await askEngine(this.engines, place, {
      method,
      path,
      headers: headersToEngine(request.headers, body),
      body: body ?? (hasBody(request.headers) ? request : undefined),
      signal,
    });
    if (method === 'POST' && EXEC_CREATION.test(stripVersion(path).split('?', 1)[0] ?? ''))
      return this.passExec(answer, response, place);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersToClient(answer.headers));
    // Streams that have nothing to say yet begin all the same: clients wait for the headers.
    response.flushHeaders();
    pipeline(answer, response, () => undefined);
  }

  /**
   * Connects a client that asks for the connection itself (attach, exec) with the engine.
   * @param url canonical, with the version
   * @returns the bytes that follow, when the engine has answered otherwise and the connection is still an HTTP server's
   * @throws DomainError as takeOver
   */
  async takeOver(takeover: Takeover, url: string): Promise<Buffer | undefined> {
    const { place, url: path } = await this.destinationOf(url);
    return takeOver(takeover, () => this.engines.connect(place), path);
  }

  /** @throws DomainError INVALID_ARGUMENT the beginning of an id is of several containers · as askEngine */
  private async destinationOf(url: string): Promise<Destination> {
    const unversioned = stripVersion(url);
    const route = routeOf(unversioned);
    if (route.to === 'exec') return { place: this.execs.of(route.id), url };
    if (route.to !== 'container') return { place: 'host', url };
    const view = this.view();
    const meant = view && taskOfContainer(view, route.name);
    if (meant === 'several') {
      if (await this.isHosts(route.name)) return { place: 'host', url };
      throw ambiguous(route.name);
    }
    const containerId = meant && containerIdOf(meant.task);
    if (!meant?.task.nodeId || containerId === undefined) return { place: 'host', url };
    if (meant.by === 'id' && (await this.isHosts(route.name, containerId))) return { place: 'host', url };
    const { task } = meant;
    const version = url.slice(0, url.length - unversioned.length);
    const rest = unversioned.slice(CONTAINERS.length).replace(/^[^/?]*/, '');
    return { place: { nodeId: task.nodeId }, url: `${version}${CONTAINERS}${encodeURIComponent(containerId)}${rest}` };
  }

  /**
   * Whether this host's engine has the container: whatever a node says, what is here is never looked for elsewhere.
   * @throws DomainError INVALID_ARGUMENT it has another one whose id begins so · as askEngine
   */
  private async isHosts(name: string, containerId?: string): Promise<boolean> {
    try {
      const path = `${CONTAINERS}${encodeURIComponent(name)}/json`;
      const answer = await askEngine(this.engines, 'host', { method: 'GET', path, signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
      const text = await readText(answer);
      if (answer.statusCode === 404) return false;
      const id = idIn(text);
      // One that is called so is meant by its name, whatever ids begin so elsewhere.
      if (answer.statusCode === 200 && id !== containerId && id?.startsWith(name)) throw ambiguous(name);
      // What it has, and what it finds ambiguous itself, is for it to answer.
      return true;
    } catch (error) {
      if (isCode(error, 'UNIMPLEMENTED')) return false;
      throw error;
    }
  }

  private async passExec(answer: IncomingMessage, response: ServerResponse, place: EnginePlace): Promise<void> {
    const text = await readText(answer);
    const id = idIn(text);
    if (id !== undefined) this.execs.remember(id, place);
    // The text is a string: what was no UTF-8 has another length than before.
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, {
      ...headersToClient(answer.headers),
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }
}

function idIn(text: string): string | undefined {
  try {
    const { Id: id } = JSON.parse(text) as { Id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
