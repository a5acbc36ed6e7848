import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PINNED_DIGEST } from './recordings';

/** A manager that knows every secret, config and network except `missing`, and keeps what is posted to it. */
export interface RecordingManager {
  readonly port: number;
  /** Body of the one POST. */
  posted(): unknown;
  /** Query of the one POST. */
  query(): string;
  /** Forgets what was posted; from now on `service` is the spec of every service asked for. */
  reset(service: unknown): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: unknown;
}

const SERVICE_ID = 'service0000000000000000id';

const ok = (body: unknown): Answer => ({ status: 200, body });
const notFound = (what: string): Answer => ({ status: 404, body: { message: `${what} not found` } });

function namesAsked(url: URL): string[] {
  const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as { name?: Record<string, boolean> };
  return Object.keys(filters.name ?? {});
}

function networkAnswer(reference: string): Answer {
  if (reference === 'missing') return notFound(`network ${reference}`);
  const name = reference.replace(/^id-of-/, '');
  return ok({ Id: `id-of-${name}`, Name: name, Scope: 'swarm', Driver: 'overlay' });
}

function distributionAnswer(path: string): Answer {
  if (!path.includes('pinned')) return notFound('image');
  const platforms = [
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux', variant: 'v8' },
  ];
  return ok({ Descriptor: { mediaType: 'list', digest: PINNED_DIGEST, size: 1 }, Platforms: platforms });
}

function answerGet(url: URL, path: string, service: unknown): Answer {
  if (path === '/_ping') return ok('OK');
  if (path.startsWith('/services/')) return ok({ ID: SERVICE_ID, Version: { Index: 7 }, Spec: service ?? {} });
  if (path === '/secrets' || path === '/configs') {
    return ok(namesAsked(url).map((name) => ({ ID: `id-of-${name}`, Spec: { Name: name } })));
  }
  if (path.startsWith('/networks/')) return networkAnswer(path.slice('/networks/'.length));
  if (path.startsWith('/distribution/')) return distributionAnswer(path);
  return notFound(path);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, apiVersion: string, answer: Answer): void {
  response.writeHead(answer.status, {
    'Api-Version': apiVersion,
    Ostype: 'linux',
    Swarm: 'active/manager',
    'Content-Type': 'application/json',
  });
  response.end(JSON.stringify(answer.body));
}

/** Listens on a free port of the loopback interface. */
export async function startRecordingManager(apiVersion: string): Promise<RecordingManager> {
  let service: unknown;
  let posted: unknown;
  let query = '';
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://manager');
    const path = decodeURIComponent(url.pathname).replace(/^\/v\d+\.\d+/, '');
    if (request.method !== 'POST') return answerGet(url, path, service);
    posted = JSON.parse(await bodyOf(request)) as unknown;
    query = url.search.slice(1);
    return path.endsWith('/create') ? { status: 201, body: { ID: SERVICE_ID } } : ok({});
  };
  const server = createServer((request, response) => {
    void answer(request).then((answered) => send(response, apiVersion, answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    posted: () => posted,
    query: () => query,
    reset: (asked) => {
      service = asked;
      posted = undefined;
      query = '';
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
