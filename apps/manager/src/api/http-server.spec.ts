import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { Agent, request, type IncomingMessage, type RequestListener, type RequestOptions } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#common/logging';
import { HttpServer } from './http-server';

const DEADLINE_MS = 200;
const quiet = createLogger('test', 'silent');
const answerOk: RequestListener = (_request, response) => void response.end('ok');

let folder: string;
let path: string;
let servers: HttpServer[];
/** Resolved by handlers that call `arrive`, when a request has reached them. */
let arrived: Promise<void>;
let arrive: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmctl-http-'));
  path = join(folder, 'api.sock');
  servers = [];
  arrived = new Promise((resolve) => (arrive = resolve));
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(0)));
  await rm(folder, { recursive: true });
});

async function serve(addresses: string[], handler = answerOk): Promise<HttpServer> {
  const server = new HttpServer(
    { request: handler, upgrade: (_request, socket) => Promise.resolve(void socket.destroy()) },
    quiet,
  );
  servers.push(server);
  await server.listen(addresses);
  return server;
}

async function fetchText(options: RequestOptions): Promise<string> {
  const [response] = (await once(request(options).end(), 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

/** Leaves a socket file behind that nobody answers on, as a killed process does. */
async function leaveStaleSocket(): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
}

describe('the HTTP server', () => {
  it('serves one handler on every address', async () => {
    const port = await freePort();
    await serve([`unix://${path}`, `tcp://127.0.0.1:${port}`]);
    expect(await fetchText({ socketPath: path })).toBe('ok');
    expect(await fetchText({ host: '127.0.0.1', port })).toBe('ok');
  });

  it('lets the owner and the group of the socket in, nobody else', async () => {
    await serve([`unix://${path}`]);
    expect((await stat(path)).mode & 0o777).toBe(0o660);
  });

  it('replaces a socket that nobody answers on', async () => {
    await leaveStaleSocket();
    expect((await stat(path)).isSocket()).toBe(true);
    await serve([`unix://${path}`]);
    expect(await fetchText({ socketPath: path })).toBe('ok');
  });

  it('leaves a socket alone that somebody answers on', async () => {
    await serve([`unix://${path}`]);
    await expect(serve([`unix://${path}`])).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(path),
    });
    expect(await fetchText({ socketPath: path })).toBe('ok');
  });

  it('says so when a port is taken', async () => {
    const port = await freePort();
    await serve([`tcp://127.0.0.1:${port}`]);
    await expect(serve([`tcp://127.0.0.1:${port}`])).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('takes a query as long as a spec', async () => {
    await serve([`unix://${path}`]);
    expect(await fetchText({ socketPath: path, path: `/?x=${'x'.repeat(500_000)}` })).toBe('ok');
  });
});

describe('closing', () => {
  it('ends connections that wait for a next request', async () => {
    const server = await serve([`unix://${path}`]);
    const agent = new Agent({ keepAlive: true });
    await fetchText({ socketPath: path, agent });
    const started = performance.now();
    await server.close(60_000);
    expect(performance.now() - started).toBeLessThan(5_000);
    agent.destroy();
  });

  it('lets a request end that has begun', async () => {
    const server = await serve([`unix://${path}`], (_request, response) => {
      setTimeout(() => response.end('late'), DEADLINE_MS / 2);
      arrive();
    });
    const answer = fetchText({ socketPath: path });
    await arrived;
    await server.close(60_000);
    expect(await answer).toBe('late');
  });

  it('cuts off what has not ended by the deadline', async () => {
    const server = await serve([`unix://${path}`], () => arrive());
    const answer = fetchText({ socketPath: path });
    const cutOff = expect(answer).rejects.toThrow();
    await arrived;
    await server.close(DEADLINE_MS);
    await cutOff;
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
