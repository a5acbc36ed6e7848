import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { NestAdapter } from '../http/nest-adapter';
import { DEFAULT_SUBNET_POOL } from '#common/domain';
import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { testVault } from '#common/testing';
import { ApiModule } from '../api.module';
import { EventLog } from '../events/event-log';
import { HttpServer } from '../http-server';
import type { ApiDependencies, ApiStore } from '../ports';
import { createRequestHandlers } from '../request-handler';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined where it is none. */
  json: unknown;
}

export interface RequestOptions {
  /** An object is sent as JSON, a text as it is. */
  body?: unknown;
  headers?: OutgoingHttpHeaders;
}

export interface RunningApi {
  readonly socket: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

const CLOSE_DEADLINE_MS = 1_000;
const QUIET = createLogger('api-test', 'silent');

const HOST: ApiDependencies['host'] = {
  managerId: 'manager0000000000000000aa',
  hostname: 'manager-host',
  address: '10.0.0.1:2377',
  version: '9.9.9',
  gitCommit: 'abcdef0',
  operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
  kernelVersion: '6.1.0',
  architecture: 'x86_64',
  cpus: 2,
  memoryBytes: 4 << 30,
  heartbeatPeriodNanos: 5e9,
  subnetPool: DEFAULT_SUBNET_POOL,
};

const NO_TRUST = { certificate: '', subject: '', publicKey: '' };

/** For a manager whose cluster is nobody's business. */
export const NO_MEMBERSHIP: ApiDependencies['membership'] = {
  init: () => Promise.reject(new DomainError('UNIMPLEMENTED', 'not here')),
  update: () => Promise.reject(new DomainError('UNIMPLEMENTED', 'not here')),
  leave: () => Promise.reject(new DomainError('UNIMPLEMENTED', 'not here')),
  tokens: () => ({ worker: 'SWMTKN-1-worker', manager: 'SWMTKN-1-manager' }),
  trust: () => NO_TRUST,
  standing: () => 'manager',
  hasJoined: () => false,
  asWorker: () => ({ nodeId: undefined, managers: [] }),
  join: () => Promise.reject(new DomainError('UNIMPLEMENTED', 'not here')),
  unlock: () => {
    throw new DomainError('ALREADY_EXISTS', 'swarm is not locked');
  },
  unlockKey: () => '',
};

/** What a test may give; the rest is the same for all, since it is asked once. */
export type ApiOverrides = Partial<Omit<ApiDependencies, 'host' | 'vault' | 'logger' | 'storePatienceMs'>>;

/** An API on a unix socket of its own that asks whatever `current` holds at the moment. */
interface ServedApi {
  current: ApiDependencies;
  readonly socket: string;
  close(): Promise<void>;
}

/** Made once for many tests: to make one takes longer than most tests do. */
const idle: ServedApi[] = [];

/** Whether the file's last test is over: who gives an API back after that, in a hook that comes later, is the last one to use it. */
let isOver = false;

afterAll(() => {
  isOver = true;
  return Promise.all(idle.splice(0).map((api) => api.close()));
});

/** The whole API over a given store. */
export async function startApi(store: ApiStore, overrides: ApiOverrides = {}): Promise<RunningApi> {
  const dependencies: ApiDependencies = {
    store,
    host: HOST,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', metrics: () => Promise.resolve('up 1\n') },
    planner: { plan: () => Promise.resolve([]), moves: () => [] },
    isUpToDate: (task, service) => task.serviceVersion === service.version?.index,
    explainTask: () => [],
    images: { inspect: () => Promise.reject(new DomainError('UNAVAILABLE', 'there is no registry here')) },
    vault: testVault(),
    membership: NO_MEMBERSHIP,
    events: new EventLog(store),
    engines: { connect: () => Promise.reject(new DomainError('UNIMPLEMENTED', 'there is no engine here')) },
    storePatienceMs: 100,
    logger: QUIET,
    ...overrides,
  };
  const api = idle.pop() ?? (await serve(dependencies));
  api.current = dependencies;
  return {
    socket: api.socket,
    request: (method, path, options = {}) => send(api.socket, method, path, options),
    close: async () => {
      if (isOver) await api.close();
      else idle.push(api);
    },
  };
}

async function serve(first: ApiDependencies): Promise<ServedApi> {
  const holder = { current: first };
  const asked: ApiDependencies = {
    host: first.host,
    logger: first.logger,
    storePatienceMs: first.storePatienceMs,
    vault: first.vault,
    store: passedOn(() => holder.current.store),
    metrics: passedOn(() => holder.current.metrics),
    planner: passedOn(() => holder.current.planner),
    images: passedOn(() => holder.current.images),
    membership: passedOn(() => holder.current.membership),
    events: passedOn(() => holder.current.events),
    engines: passedOn(() => holder.current.engines),
    isUpToDate: (task, service, node) => holder.current.isUpToDate(task, service, node),
    explainTask: (task) => holder.current.explainTask(task),
  };
  const module = ApiModule.register({ useFactory: () => asked });
  const app = await NestFactory.create(module, new NestAdapter(), { bodyParser: false, logger: false });
  const folder = await mkdtemp(join(tmpdir(), 'swarmctl-api-'));
  const socket = join(folder, 'api.sock');
  const server = new HttpServer(await createRequestHandlers(app, HOST.version), QUIET);
  await server.listen([`unix://${socket}`]);
  const close = async (): Promise<void> => {
    await server.close(CLOSE_DEADLINE_MS);
    await app.close();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(holder, { socket, close });
}

/** An object that passes on whatever it is asked to what `target` gives at that moment. */
function passedOn<T extends object>(target: () => T): T {
  const get = (_: T, key: string | symbol): unknown => {
    const value: unknown = Reflect.get(target(), key);
    return typeof value === 'function' ? (value.bind(target()) as unknown) : value;
  };
  return new Proxy({} as T, { get });
}

function send(socketPath: string, method: string, path: string, { body, headers = {} }: RequestOptions): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const contentType = text === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path, headers: { ...contentType, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer, json: parsed(answer) });
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
