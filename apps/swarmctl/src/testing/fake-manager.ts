import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An object as the API has it. */
export type ApiObject = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

const refuse = (status: number, message: string): Answer => ({ status, body: { message } });
const idOf = (object: ApiObject): string => String(object.ID);
const specOf = (object: ApiObject): ApiObject => (object.Spec ?? {}) as ApiObject;
const versionOf = (object: ApiObject): number => ((object.Version ?? {}) as { Index?: number }).Index ?? 0;

/**
 * A manager that keeps what it is told and answers with it, over a real unix socket. It runs nothing: tests put the tasks in
 * that they want to be seen.
 */
export class FakeManager {
  services: ApiObject[] = [];
  tasks: ApiObject[] = [];
  nodes: ApiObject[] = [];
  networks: ApiObject[] = [];
  secrets: ApiObject[] = [];
  configs: ApiObject[] = [];
  /** The engine's statistics of a container; undefined when nobody knows it. */
  statsOf: (containerId: string) => ApiObject | undefined = () => undefined;
  /** Of every service, newest first. */
  revisions: ApiObject[] = [];
  /** The answer to every plan. */
  plan: ApiObject = {};
  /** Where tasks go when they are spread again. */
  moves: ApiObject[] = [];
  /** What is told of any task beyond Docker's API. */
  explanation: ApiObject = { Nodes: [], Desired: { State: 'running' }, Failures: 0, Restarts: 0 };
  info: ApiObject = { Swarm: {} };
  version: ApiObject = { Version: '0.1.0', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' };
  /** Every request as `METHOD /path?query`, without the API version. */
  readonly requests: string[] = [];
  /** Answers to give once, in this order, instead of the usual ones to requests that change something. */
  readonly refusals: { status: number; message: string }[] = [];
  /** What the registry says of every image; a manager that never asks registries when there is nothing. */
  distribution: Answer | undefined;
  /** While true, every connection is cut. */
  isAway = false;
  /** The body of the last request that had one. */
  sent: unknown;
  /** The credentials that came with the last change. */
  registryAuth: string | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'fake-manager-'));
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** Starts a manager on a socket of its own. */
  static async start(): Promise<FakeManager> {
    const manager = new FakeManager();
    await new Promise<void>((resolve) => manager.server.listen(manager.socketPath, resolve));
    return manager;
  }

  get socketPath(): string {
    return join(this.folder, 'manager.sock');
  }

  /** For SWARMCTL_HOST. */
  get address(): string {
    return `unix://${this.socketPath}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Only the requests that change something. */
  changes(): string[] {
    return this.requests.filter((request) => !request.startsWith('GET '));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isAway) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://manager');
    const path = decodeURIComponent(url.pathname).replace(/^\/v1\.41/, '');
    const method = request.method ?? 'GET';
    this.requests.push(`${method} ${path}${decodeURIComponent(url.search)}`);
    if (method !== 'GET') this.registryAuth = request.headers['x-registry-auth']?.toString();
    const body = await readJson(request);
    this.sent = body ?? this.sent;
    const answer = this.answer({ method, path, query: url.searchParams, body });
    response.writeHead(answer.status, { 'Content-Type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }

  private answer(asked: Asked): Answer {
    const refusal = asked.method === 'GET' ? undefined : this.refusals.shift();
    if (refusal) return refuse(refusal.status, refusal.message);
    const [collection] = asked.path.slice(1).split('/');
    if (asked.path === '/services/create') return this.create(asked.body as ApiObject);
    if (asked.path === '/services/plan') return { status: 200, body: this.plan };
    if (collection === 'services') return this.answerFor(this.services, asked);
    if (collection === 'nodes') return this.answerFor(this.nodes, asked);
    if (collection === 'containers') return this.answerForContainers(asked);
    if (collection === 'secrets') return this.answerForPayloads(this.secrets, asked);
    if (collection === 'configs') return this.answerForPayloads(this.configs, asked);
    if (collection === 'networks') return this.answerForNetworks(asked);
    if (collection === 'tasks') return this.answerForTasks(asked);
    if (collection === 'distribution' && this.distribution) return this.distribution;
    if (collection === 'info') return { status: 200, body: this.info };
    if (collection === 'version') return { status: 200, body: this.version };
    return refuse(501, `${asked.path} is not available`);
  }

  private answerFor(objects: ApiObject[], asked: Asked): Answer {
    const [collection = '', reference, verb] = asked.path.slice(1).split('/');
    if (reference === undefined) return { status: 200, body: objects };
    const object = objects.find((one) => idOf(one) === reference || nameOf(one) === reference);
    if (!object) return refuse(404, `${collection.slice(0, -1)} ${reference} not found`);
    if (verb === 'update') return this.update(object, asked);
    if (verb !== undefined) return this.answerForService(verb, asked);
    if (asked.method === 'DELETE') {
      objects.splice(objects.indexOf(object), 1);
      return { status: 200 };
    }
    return { status: 200, body: object };
  }

  private answerForNetworks({ method, path, body }: Asked): Answer {
    const [, reference] = path.slice(1).split('/');
    if (reference === undefined) return { status: 200, body: this.networks };
    if (method === 'POST') {
      this.networks.push({ ...(body as ApiObject), Id: 'new-network' });
      return { status: 201, body: { Id: 'new-network', Warning: '' } };
    }
    const network = this.networks.find(({ Id, Name }) => Id === reference || Name === reference);
    if (!network) return refuse(404, `network ${reference} not found`);
    if (method !== 'DELETE') return { status: 200, body: network };
    this.networks.splice(this.networks.indexOf(network), 1);
    return { status: 204 };
  }

  private answerForContainers({ path }: Asked): Answer {
    const [, id = ''] = path.slice(1).split('/');
    const stats = this.statsOf(id);
    return stats ? { status: 200, body: stats } : refuse(404, `No such container: ${id}`);
  }

  /** Any value is a new one. */
  private answerForPayloads(payloads: ApiObject[], { method, path, body }: Asked): Answer {
    const [collection, reference, verb] = path.slice(1).split('/');
    if (reference === undefined) return { status: 200, body: payloads };
    if (reference === 'create') {
      const ID = `id-of-${String((body as ApiObject).Name)}`;
      payloads.push({ ID, Version: { Index: 1 }, Spec: body });
      return { status: 201, body: { ID } };
    }
    const payload = payloads.find((one) => idOf(one) === reference || nameOf(one) === reference);
    if (!payload) return refuse(404, `${collection} ${reference} not found`);
    if (verb === 'versions') return { status: 200, body: { ID: idOf(payload), New: true, Services: [] } };
    if (method === 'DELETE') payloads.splice(payloads.indexOf(payload), 1);
    return { status: 200, body: payload };
  }

  private answerForTasks({ path, query }: Asked): Answer {
    const [, reference, verb] = path.slice(1).split('/');
    if (reference === undefined) return { status: 200, body: this.tasksFor(query) };
    const task = this.tasks.find((one) => idOf(one) === reference);
    if (!task) return refuse(404, `task ${reference} not found`);
    return { status: 200, body: verb === 'explain' ? this.explanation : task };
  }

  private answerForService(verb: string, { query }: Asked): Answer {
    if (verb === 'history') return { status: 200, body: this.revisions };
    if (verb === 'rollback') return { status: 200, body: { Warnings: null } };
    if (verb === 'plan') return { status: 200, body: this.plan };
    if (verb === 'rebalance') return { status: 200, body: { Moves: this.moves, Started: query.get('dryRun') === null } };
    return refuse(501, `${verb} is not available`);
  }

  private create(spec: ApiObject): Answer {
    const ID = `id-of-${String(spec.Name)}`;
    this.services.push({ ID, Version: { Index: 1 }, Spec: spec });
    return { status: 201, body: { ID, Warnings: [] } };
  }

  private update(object: ApiObject, { query, body }: Asked): Answer {
    if (Number(query.get('version')) !== versionOf(object)) {
      return refuse(500, 'rpc error: code = Unknown desc = update out of sequence');
    }
    object.Version = { Index: versionOf(object) + 1 };
    object.Spec = body;
    return { status: 200, body: { Warnings: [] } };
  }

  private tasksFor(query: URLSearchParams): ApiObject[] {
    const filters = JSON.parse(query.get('filters') ?? '{}') as Record<string, Record<string, boolean>>;
    const isWanted = (filter: string, id: unknown): boolean => filters[filter]?.[String(id)] ?? filters[filter] === undefined;
    const isTaskWanted = (task: ApiObject): boolean =>
      isWanted('id', task.ID) && isWanted('service', task.ServiceID) && isWanted('node', task.NodeID);
    return this.tasks.filter(isTaskWanted);
  }
}

function nameOf(object: ApiObject): unknown {
  return specOf(object).Name || ((object.Description ?? {}) as ApiObject).Hostname;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
